//! Conversations: what takes several commands in the right order, as methods of `Client`. One file for each subject, as
//! in `command`, which has the single commands.

mod chain;
pub(super) mod channel;
mod chassis;
mod confirm;
pub(super) mod console;
pub(super) mod dcmi;
pub(super) mod device;
mod enables;
pub(super) mod fru;
mod fru_write;
mod lan;
pub(super) mod lan_more;
pub(super) mod pef;
mod sdr;
mod sel;
mod sel_change;
pub(super) mod sensor;
mod steps;
pub(super) mod user;
pub(super) mod vendor;
mod walk;

#[cfg(test)]
mod tests {
    use crate::command::boot::{BootDevice, BootFlags};
    use crate::command::chassis::ChassisIdentify;
    use crate::{Client, Privilege};

    /// Compiles only where all of them can be awaited on a runtime with several threads.
    #[test]
    fn conversations_may_move_between_threads() {
        fn send<T: Send>(_: T) {}
        #[allow(dead_code)]
        fn all(bmc: &Client) {
            send(bmc.sdr());
            send(bmc.sel());
            send(bmc.frus());
            send(bmc.sdr().collect_all());
            send(bmc.sensors());
            send(bmc.read_sensors(Vec::new()));
            send((bmc.fru(0), bmc.fru_bytes(0)));
            send((bmc.users(), bmc.user_named(""), bmc.channels()));
            send(bmc.add_user("", String::new().into(), Privilege::User));
            send((bmc.remove_user(2), bmc.set_user_name(2, ""), bmc.enable_user(2, true)));
            send((bmc.set_user_password(2, String::new().into()), bmc.set_user_privilege(2, None)));
            send((bmc.lan_configuration(1), bmc.set_lan_configuration(1, &[])));
            send((bmc.chassis_identify(ChassisIdentify::Off), bmc.set_boot_device(BootDevice::Pxe, false, false)));
            send(bmc.set_boot_flags(BootFlags::device(BootDevice::Pxe, false, false)));
            send((bmc.firmware(), bmc.dcmi_temperatures(0x40)));
        }
    }
}
