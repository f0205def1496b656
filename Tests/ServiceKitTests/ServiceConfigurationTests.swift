import Configuration
import Logging
import Testing

@testable import ServiceKit

/// What services are told when they start.
@Suite struct ServiceConfigurationTests {
    @Test("A file holds lines NAME=value, comments and empty lines")
    func file() throws {
        let values = try ConfigurationFile.parse(
            """
            # A comment

            GYRE_DATA_DIRECTORY=/var/lib/gyre
              GYRE_LOG_LEVEL=debug
            GYRE_NOTHING=
            GYRE_EQUATION=a=b #c
            GYRE_LOG_LEVEL=trace
            """, name: "gyre.conf")
        #expect(
            values == [
                "GYRE_DATA_DIRECTORY": "/var/lib/gyre", "GYRE_LOG_LEVEL": "trace", "GYRE_NOTHING": "",
                "GYRE_EQUATION": "a=b #c",
            ])
        #expect(try ConfigurationFile.parse("", name: "gyre.conf").isEmpty)
    }

    @Test("A line without '=' is refused by file and line")
    func badLine() {
        let error = #expect(throws: ConfigurationFileError.self) {
            try ConfigurationFile.parse("A=1\n\nB\n", name: "gyre.conf")
        }
        #expect(error?.description == "gyre.conf, line 3: a setting is NAME=value.")
    }

    @Test("A file that is named and missing is refused")
    func missingFile() {
        #expect(throws: ConfigurationFileError.self) { try ConfigurationFile.read("/nowhere/gyre.conf") }
    }

    @Test("Settings are found under their names, and what is not set has its default")
    func reader() {
        let set = ServiceConfiguration(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [
                    "GYRE_DATA_DIRECTORY": "/data", "GYRE_LOG_LEVEL": "warning", "GYRE_DATABASE_MEMORY_MIB": "64",
                    "GYRE_OPEN_DATABASES": "7",
                ])))
        #expect(set.dataDirectory == "/data")
        #expect(set.logLevel == .warning)
        #expect(set.databaseMemoryMebibytes == 64)
        #expect(set.openDatabases == 7)

        let unset = ServiceConfiguration(
            reader: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: ["GYRE_LOG_LEVEL": "loud"])))
        #expect(unset.dataDirectory == "gyre-data")
        #expect(unset.logLevel == .info)
        #expect(unset.databaseMemoryMebibytes == 32)
        #expect(unset.openDatabases == 128)
    }

    @Test("The gateway's internal socket is not its public one")
    func paths() {
        let configuration = ServiceConfiguration(dataDirectory: "/data")
        #expect(configuration.socketPath(of: "signals") == "/data/run/signals.sock")
        #expect(configuration.socketPath(of: "gateway") == "/data/run/gateway-internal.sock")
        #expect(configuration.databaseDirectory(of: "signals") == "/data/signals")
        #expect(configuration.secretsDirectory == "/data/secrets")
    }
}
