//! What a role can permit, and with it the app that somebody of the role made.

use super::Account;

impl Account {
    /// Whether a role, by name or id, permits something. Who may edit may read as well.
    pub(crate) fn role_permits(&self, role: &str, privilege: &str) -> bool {
        let privileges = self.role_by_name_or_id(role).map_or(&[][..], |role| &role.privileges);
        let edit = privilege.replace(":Read", ":Edit");
        privileges.iter().any(|permitted| permitted == privilege || *permitted == edit)
    }
}

/// The privileges that Zoom names: those of its developer documentation ("Privileges and Role Management"), and after them
/// those that only the example of "Get user permissions" in the API reference of 2021 shows. Zoom may know more.
pub(crate) const PRIVILEGES: [&str; 65] = [
    "User:Read",
    "User:Edit",
    "Role:Read",
    "Role:Edit",
    "Group:Read",
    "Group:Edit",
    "AccountProfile:Read",
    "AccountProfile:Edit",
    "AccountSetting:Read",
    "AccountSetting:Edit",
    "WebinarSetting:Read",
    "WebinarSetting:Edit",
    "Recording:Read",
    "Recording:Edit",
    "RecordingContent:Read",
    "SubAccount:Read",
    "SubAccount:Edit",
    "ZoomRooms:Read",
    "ZoomRooms:Edit",
    "DigitalSignage:Read",
    "DigitalSignage:Edit",
    "IMChatHistory:Read",
    "IMGroups:Read",
    "IMGroups:Edit",
    "IMSetting:Read",
    "IMSetting:Edit",
    "IMChatBot:Edit",
    "BillingSubscription:Read",
    "BillingSubscription:Edit",
    "BillingInformation:Read",
    "BillingInformation:Edit",
    "Dashboard:Read",
    "UsageReport:Read",
    "UserActivitiesReport:Read",
    "ScheduleTrackingFields:Read",
    "ScheduleTrackingFields:Edit",
    "PbxAdmin:Read",
    "PbxAdmin:Edit",
    "ZoomDevelopers:Read",
    "ZoomDevelopers:Edit",
    "RoomConnector:Read",
    "RoomConnector:Edit",
    "CrossHybrid:Read",
    "CrossHybrid:Edit",
    "LyncConnector:Read",
    "LyncConnector:Edit",
    "ThirdPartyConference:Read",
    "ThirdPartyConference:Edit",
    "Branding:Read",
    "Branding:Edit",
    "SingleSignOn:Read",
    "SingleSignOn:Edit",
    "Integration:Read",
    "Integration:Edit",
    "MarketPlace:Read",
    "MarketPlace:Edit",
    "CallInContacts:Read",
    "CallInContacts:Edit",
    "Meeting:Edit",
    "Meeting:Join",
    "MeetingConnector:Read",
    "MeetingConnector:Edit",
    "MobileDeviceManagement:Read",
    "Security:Read",
    "Security:Edit",
];
