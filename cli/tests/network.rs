//! The network of a BMC from the command line, by either protocol.

mod program;

use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;

use program::{errors, json as printed, on, rosefish, runtime, serve, text};

const PROTOCOLS: &str = "/redfish/v1/Managers/bmc/NetworkProtocol";
const INTERFACE: &str = "/redfish/v1/Managers/bmc/EthernetInterfaces/eth0";

fn set(bmc: &MockBmc, options: &[&str]) -> std::process::Output {
    on(&bmc.url(), "network", &[&["set", "--protocol", "redfish"], options].concat())
}

#[test]
fn a_network_is_shown_with_names_addresses_and_protocols() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let shown = text(&on(&bmc.url(), "network", &["--wide"]));
    for part in
        ["rf2290-000117.example", "192.0.2.117/24", "2001:db8:22:90::117/64", "192.0.2.53", "ntp2.example", "Telnet"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json = printed(&on(&bmc.url(), "network", &["--json"]));
    let network = &json["value"][0];
    assert_eq!((&network["interfaces"][0]["dhcp"], &network["interfaces"][0]["vlan"]), (&json!(false), &json!(null)));
    // Where there is no gateway, many services write the unspecified address.
    let mut interface = bmc.resource(INTERFACE).unwrap();
    interface["IPv4Addresses"] = json!([
        { "Address": "169.254.155.21", "SubnetMask": "255.255.0.0", "Gateway": "0.0.0.0" },
        { "Address": "192.0.2.117", "SubnetMask": "255.255.255.0", "Gateway": "192.0.2.1" },
    ]);
    interface["IPv6DefaultGateway"] = json!("0:0:0:0:0:0:0:0");
    bmc.set(INTERFACE, interface);
    let other = printed(&on(&bmc.url(), "network", &["--json"]));
    let other = &other["value"][0]["interfaces"][0];
    assert_eq!((&other["gateway"], &other["gateway_v6"]), (&json!("192.0.2.1"), &json!(null)), "{other:#}");
    let ssh = json!({ "name": "SSH", "enabled": true, "port": 22 });
    assert!(network["protocols"].as_array().unwrap().contains(&ssh), "{network:#}");
}

#[test]
fn settings_are_written_where_they_are_and_read_back() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let done = set(
        &bmc,
        &["--hostname", "bmc-07", "--ntp", "a.example,b.example", "--enable", "telnet", "--listen", "SSH=2222"],
    );
    let shown = text(&done);
    assert!(shown.contains("bmc-07") && shown.contains("a.example, b.example") && shown.contains("2222"), "{shown}");
    assert_eq!(errors(&done), "");
    let protocols = bmc.resource(PROTOCOLS).unwrap();
    assert_eq!((&protocols["Telnet"]["ProtocolEnabled"], &protocols["SSH"]["Port"]), (&json!(true), &json!(2222)));
    assert_eq!(bmc.resource(INTERFACE).unwrap()["HostName"], "bmc-07");
    let again = set(&bmc, &["--hostname", "bmc-07"]);
    assert_eq!(text(&again), "it is so already; nothing was sent\n");

    let moved = set(&bmc, &["--address", "192.0.2.9", "--vlan", "7", "--dns", "192.0.2.54"]);
    assert!(errors(&moved).contains("may cut the BMC off"), "{}", errors(&moved));
    text(&moved);
    let interface = bmc.resource(INTERFACE).unwrap();
    let whole = json!([{ "Address": "192.0.2.9", "SubnetMask": "255.255.255.0", "Gateway": "192.0.2.1" }]);
    assert_eq!((&interface["IPv4StaticAddresses"], &interface["VLAN"]["VLANId"]), (&whole, &json!(7)));
    assert_eq!(interface["StaticNameServers"], json!(["192.0.2.54"]));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn what_is_not_there_is_refused_before_anything_is_sent() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    for (options, why) in [
        (&["--enable", "Gopher", "--hostname", "x"][..], "choose one of: DHCP, HTTP"),
        (&["--interface", "eth7", "--vlan", "7"], "choose one of: eth0, usb0"),
        (&["--interface", "usb0", "--vlan", "7"], "does not show its VLAN"),
    ] {
        let refused = set(&bmc, options);
        assert!(refused.status.code() == Some(1) && errors(&refused).contains(why), "{}", errors(&refused));
    }
    let patches = bmc.requests().iter().filter(|request| request.method() == "PATCH").count();
    assert_eq!(patches, 0);
    for wrong in [&[][..], &["--dhcp", "--address", "192.0.2.9"], &["--vlan", "4095"], &["--listen", "SSH"]] {
        assert_eq!(set(&bmc, wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn ipmi_has_addresses_and_vlans_alone() {
    let ipmi = MockIpmi::builder().start_blocking().unwrap();
    let port = ipmi.addr().port().to_string();
    let run = |arguments: &[&str]| {
        let rest = ["127.0.0.1", "--protocol", "ipmi", "--port", &port, "--user", "admin"];
        rosefish(&[&["network"], arguments, &rest].concat())
    };
    let shown = text(&run(&["show"]));
    assert!(shown.contains("192.0.2.10/24") && shown.contains("02:00:5e:10:20:30"), "{shown}");
    let done = text(&run(&["set", "--address", "192.0.2.11", "--vlan", "7"]));
    assert!(done.contains("192.0.2.11/24") && done.contains('7'), "{done}");
    let refused = run(&["set", "--hostname", "bmc-07"]);
    assert!(
        !refused.status.success() && errors(&refused).contains("IPMI has neither host names"),
        "{}",
        errors(&refused)
    );
}
