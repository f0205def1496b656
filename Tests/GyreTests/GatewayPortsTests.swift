import Testing

@testable import Gyre

@Suite struct GatewayPortsTests {
    @Test("A gateway that was never ready chooses its port on loopback, and has the TLS ports of its settings")
    func unknown() {
        #expect(GatewayPorts().settings == ["GYRE_HTTP_PORT": "0"])
        #expect(GatewayPorts(http: 8080).settings == ["GYRE_HTTP_PORT": "8080"])
    }

    @Test("One that was ready is started again on the same ports, whatever it listens on")
    func known() {
        let ports = GatewayPorts(http: 1, tls: TLSDoors(line: "0.0.0.0:7443", http: "[::]:8443"))
        #expect(
            ports.settings == [
                "GYRE_HTTP_PORT": "1", "GYRE_TLS_LINE_PORT": "7443", "GYRE_TLS_HTTP_PORT": "8443",
            ])
        #expect(GatewayPorts(http: 1, tls: TLSDoors(http: "127.0.0.1:2")).settings["GYRE_TLS_LINE_PORT"] == nil)
    }
}
