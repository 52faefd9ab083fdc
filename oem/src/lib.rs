//! What vendors add to Redfish, as types for [`rosefish`]: a module and a Cargo feature for each vendor.
//!
//! ```no_run
//! # #[cfg(feature = "dell")]
//! # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), Box<dyn std::error::Error>> {
//! use rosefish_oem::dell::dell_oem::DellOemResources;
//!
//! if let Some(dell) = system.oem::<DellOemResources>() {
//!     let system = dell?.value.dell_system;
//!     println!("{:?}", system.as_ref().and_then(|it| it.expanded()?.system_generation.as_ref()));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The types are made of the CSDL in `schemas/`, by the compiler that `rosefish-codegen` is for anybody; `docs/packs.md` in the
//! repository shows how, and how to add a vendor. They describe what machines were seen to send and what vendors publish: whatever
//! else a machine sends is kept, and reported as a deviation.
//!
//! [`packs`] has them all, for programs that look types up while they run.

use rosefish::explore::Packs;

macro_rules! vendors {
    ($($(#[$about:meta])* $name:ident $feature:literal;)*) => {
        $(
            $(#[$about])*
            #[cfg(feature = $feature)]
            #[allow(clippy::module_inception, reason = "a vendor's schema may be called as the vendor")]
            pub mod $name {
                include!(concat!(env!("OUT_DIR"), "/", $feature, ".rs"));
            }
        )*

        /// Returns the types and actions of all vendors whose features are on.
        #[must_use]
        pub fn packs() -> Packs {
            #[allow(unused_mut, reason = "no feature may be on")]
            let mut packs = Packs::new();
            $(
                #[cfg(feature = $feature)]
                {
                    packs = packs.types($name::types()).actions($name::actions());
                }
            )*
            packs
        }
    };
}

vendors! {
    /// AMI's MegaRAC.
    ami "ami";
    /// Cisco's CIMC.
    cisco "cisco";
    /// The controllers of Cray EX cabinets.
    cray "cray";
    /// Dell's iDRAC.
    dell "dell";
    /// Power shelves of Delta Energy Systems.
    delta "delta";
    /// Google's additions.
    google "google";
    /// HPE's iLO, with that of HP from before.
    hpe "hpe";
    /// Huawei's iBMC, and xFusion's.
    huawei "huawei";
    /// IEIT SYSTEMS, formerly Inspur, whose objects are called `Public`; and H3C, whose objects are of the same types.
    ieit "ieit";
    /// Intel's BMCs and Rack Scale Design.
    intel "intel";
    /// Lenovo's XClarity Controller.
    lenovo "lenovo";
    /// NVIDIA's BMCs and DPUs.
    nvidia "nvidia";
    /// OpenBMC's bmcweb.
    openbmc "openbmc";
    /// Supermicro's BMCs.
    supermicro "supermicro";
}
