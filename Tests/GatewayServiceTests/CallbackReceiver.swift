import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A company's endpoint for callbacks, on a loopback port: keeps what it is told and answers from a script.
final class CallbackReceiver: Sendable {
    struct Call: Sendable {
        let body: [UInt8]
        let domain: String?
        let signature: String?

        subscript(_ pointer: String) -> String? {
            (try? JSONValue(parsing: body))?[pointer: pointer]?.string
        }
    }

    private let calls = Mutex<[Call]>([])
    private let statuses: Mutex<[Int]>
    private let port = Mutex<Int?>(nil)
    private let task = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameter statuses: what it answers; the last one repeats.
    init(_ statuses: [Int] = [200]) async throws {
        self.statuses = Mutex(statuses)
        let router = Router(context: BasicRequestContext.self)
        router.post("/hook") { [weak self] request, _ in
            let body = try await request.body.collect(upTo: 64 << 10)
            return Response(status: .init(code: self?.take(request.headers, Array(body.readableBytesView)) ?? 500))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { [weak self] channel in
                let bound = channel.localAddress?.port
                self?.port.withLock { $0 = bound }
            }, logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
        // Unstructured, because it lives as long as this object, which ends it.
        task.withLock { $0 = Task { try await application.run() } }
        while port.withLock(\.self) == nil { try await Task.sleep(for: .milliseconds(5)) }
    }

    var url: String { "http://127.0.0.1:\(port.withLock(\.self) ?? 0)/hook" }
    var received: [Call] { calls.withLock(\.self) }
    /// What each call said of the request.
    var told: [String] { received.map { $0["/request_status"] ?? "?" } }

    private func take(_ headers: HTTPFields, _ body: [UInt8]) -> Int {
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
        let call = Call(
            body: body, domain: header("X-OpenDSR-Processor-Domain"), signature: header("X-OpenDSR-Signature"))
        calls.withLock { $0.append(call) }
        return statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }

    func stop() async {
        task.withLock(\.self)?.cancel()
        _ = try? await task.withLock(\.self)?.value
    }
}

/// The openssl command, which knows nothing of Gyre.
enum OpenSSLCommand {
    static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    /// Whether it takes the signature for this certificate's key and these bytes.
    static func verifies(_ signature: String, of body: [UInt8], certificate: [UInt8]) throws -> Bool {
        let directory = NSTemporaryDirectory() + "gyre-signature-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        func file(_ name: String, _ bytes: Data) throws -> String {
            let path = directory + "/" + name
            try bytes.write(to: URL(fileURLWithPath: path))
            return path
        }
        let bytes = Data(base64Encoded: signature) ?? Data()
        let certificate = try file("certificate.pem", Data(certificate))
        let signature = try file("signature", bytes)
        let body = try file("body", Data(body))
        let key = directory + "/key.pem"
        guard try run(["x509", "-in", certificate, "-pubkey", "-noout", "-out", key]) == 0 else { return false }
        return try run(["dgst", "-sha256", "-verify", key, "-signature", signature, body]) == 0
    }

    private static func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
