import Configuration
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at each SIGHUP, and takes from it what may change while a process runs: the log level.
/// Whatever else the service wants to read again follows.
///
/// The environment of a process cannot change, so what changes is the file that `GYRE_CONFIG` names. One that cannot be
/// read is said in the log and changes nothing.
struct ConfigurationReload: Service {
    let logLevel: LogLevel
    let logger: Logger
    /// Called each time, after it.
    var others: [@Sendable () -> Void] = []
    /// The configuration as it is now.
    let read: @Sendable () throws -> ServiceConfiguration

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { reload() }
    }

    func reload() {
        do {
            logLevel.current = try read().logLevel
            logger.notice("configuration read again", metadata: ["logLevel": "\(logLevel.current)"])
        } catch {
            logger.error("the configuration cannot be read again; it stays as it is", metadata: ["cause": "\(error)"])
        }
        for reload in others { reload() }
    }
}
