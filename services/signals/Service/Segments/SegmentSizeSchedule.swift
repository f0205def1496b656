import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle

/// Has the segments of each brand counted once a day, in UTC.
struct SegmentSizeSchedule: Service {
    private static let lookSeconds = 3_600

    let runtime: ServiceRuntime

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try await Task.sleep(for: .seconds(Self.lookSeconds))
            }
        }
    }

    /// Begins the count of every brand with a segment that has none of today.
    func look() async {
        for brand in runtime.databases.all {
            guard let file = runtime.databases.file(of: brand) else { continue }
            let now = runtime.clock.now()
            do throws(RPCError) {
                let isDue = try await runtime.read(file) { transaction throws(RPCError) in
                    try SegmentStore().uncounted(after: 0, on: SegmentSizeWork.day(of: now), in: transaction) != nil
                }
                guard isDue else { continue }
                try await runtime.write(file) { transaction throws(RPCError) in
                    try SegmentSizeWork.begin(for: nil, at: now, in: transaction)
                }
            } catch {
                Logger(label: "segments").error(
                    "sizes of segments wait; the next hour tries again",
                    metadata: ["brand": "\(brand)", "cause": "\(error.cause ?? error.message)"])
            }
        }
    }
}
