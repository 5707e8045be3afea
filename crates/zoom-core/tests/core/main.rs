//! The promises of the pure core, in a small world of objects, an account that behaves like Zoom, and an operator.
#![cfg(test)]

mod access;
mod access_of_groups;
mod copied;
mod creations;
mod departures;
mod doubts;
mod drift;
mod forged;
mod frozen;
mod group_histories;
mod group_properties;
mod group_world;
mod groups;
mod guard;
mod held_back;
mod histories;
mod holds;
mod labels;
mod large;
mod large_groups;
mod last_admin;
mod leaving;
mod lifecycle;
mod moving;
mod people;
mod properties;
mod protection;
mod reasons;
mod returning;
mod seats;
mod successors;
mod support;
mod things;
