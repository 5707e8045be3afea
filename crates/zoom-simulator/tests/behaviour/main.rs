//! What the simulator does, over HTTP: a test per behaviour.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod around_users;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod contact_groups;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod create;
#[cfg(test)]
mod divisions;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod email;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod garbage;
#[cfg(test)]
mod garbage_controls;
#[cfg(test)]
mod group_members;
#[cfg(test)]
mod group_settings;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod lag;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod page;
#[cfg(test)]
mod privileges;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod remove;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod scim;
#[cfg(test)]
mod seats;
#[cfg(test)]
mod several;
#[cfg(test)]
mod status;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod update;
#[cfg(test)]
mod webhooks;
