//! Firmware components as HPM.1 (PICMG) shows them: which there are, what they are called and which versions they run.
//! Upgrading them isn't done here.

use super::{Malformed, Reader, command};

/// PICMG's number in group extension commands.
pub const GROUP: u8 = 0x00;

fn group(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let before = reader.malformed();
    if reader.u8()? == GROUP { Ok(()) } else { Err(before) }
}

/// Asks which components can be upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetTargetUpgradeCapabilities;

/// Which components can be upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpgradeCapabilities {
    /// Version of HPM.1.
    pub version: u8,
    /// What the controller can do on upgrades.
    pub capabilities: u8,
    /// Bit `n` stands for component `n`.
    pub components: u8,
}

impl UpgradeCapabilities {
    /// Returns the numbers of the components.
    pub fn components(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |component| self.components & 1 << component != 0)
    }
}

command!(GetTargetUpgradeCapabilities, "Get Target Upgrade Capabilities", GROUP 0x2e, Reads -> UpgradeCapabilities,
|_t, out| out.push(GROUP),
|reader| {
    group(&mut reader)?;
    let [version, capabilities, _upgrade, _self_test, _rollback, _inaccessible, components] = reader.array()?;
    UpgradeCapabilities { version, capabilities, components }
});

/// Asks for the version that a component runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetComponentVersion {
    /// The component.
    pub component: u8,
}

/// The version of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentVersion {
    /// Major version.
    pub major: u8,
    /// Minor version, two BCD digits.
    pub minor: u8,
    /// Auxiliary bytes.
    pub auxiliary: [u8; 4],
}

command!(GetComponentVersion, "Get Component Properties", GROUP 0x2f, Reads -> ComponentVersion,
|this, out| out.extend([GROUP, this.component, 1]),
|reader| {
    group(&mut reader)?;
    ComponentVersion { major: reader.u8()? & 0x7f, minor: reader.u8()?, auxiliary: reader.array().unwrap_or_default() }
});

/// Asks for the name of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetComponentDescription {
    /// The component.
    pub component: u8,
}

command!(GetComponentDescription, "Get Component Properties", GROUP 0x2f, Reads -> String,
|this, out| out.extend([GROUP, this.component, 2]),
|reader| {
    group(&mut reader)?;
    let text: Vec<u8> = reader.take_rest().iter().copied().take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&text).trim_end().to_owned()
});

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn components_are_those_of_the_mask() {
        let capabilities = GetTargetUpgradeCapabilities.decode(&[0, 0, 0x8c, 1, 2, 3, 4, 0x05]).unwrap();
        assert_eq!(capabilities.components().collect::<Vec<_>>(), [0, 2]);
        assert!(GetTargetUpgradeCapabilities.decode(&[1, 0, 0, 0, 0, 0, 0, 0]).is_err(), "another group");
    }

    #[test]
    fn versions_and_names_are_read() {
        let version = GetComponentVersion { component: 0 }.decode(&[0, 0x81, 0x20]).unwrap();
        assert_eq!((version.major, version.minor, version.auxiliary), (1, 0x20, [0; 4]));
        let name = GetComponentDescription { component: 0 }.decode(b"\0BOOT\0\0\0\0\0\0\0\0").unwrap();
        assert_eq!(name, "BOOT");
    }
}
