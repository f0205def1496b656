import JSON
import JSONRPC
import JSONRPCUnixSocket
import NIOCore
import NIOPosix

/// Calls the methods of a running suite through one of its two doors. The generated clients are built on this.
struct SuiteClient: JSONRPCClient {
    enum Door: Sendable, Equatable {
        /// `gateway.sock`, as everybody else: with a key, for the brand it belongs to.
        case gateway(key: String)
        /// `admin.sock`, the platform's own door, for the user who runs the suite. It may name any brand.
        case admin(brand: UUIDv7?)
    }

    private let door: Door
    private let path: String
    private let loop: any EventLoop
    private let client: UnixSocketClient

    init(_ door: Door, in directory: DataDirectory) {
        self.door = door
        path = door.isAdmin ? directory.adminSocket : directory.gatewaySocket
        loop = MultiThreadedEventLoopGroup.singleton.next()
        client = UnixSocketClient(path: path, name: "gateway", on: loop, meta: JSONRaw(door.meta()))
    }

    /// - Parameter context: only its idempotency key and its deadline are sent; who calls is the door's matter.
    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard let context, context.idempotencyKey != nil || context.deadlineMilliseconds != nil else {
            return try await client.call(method, params: params, context: nil)
        }
        // What travels as `meta` belongs to a connection.
        let meta = JSONRaw(door.meta(context))
        let once = UnixSocketClient(
            path: path, name: "gateway", on: loop, meta: meta,
            deadlineMilliseconds: context.deadlineMilliseconds ?? CallContext.defaultDeadlineMilliseconds)
        let reply: [UInt8]
        do {
            reply = try await once.call(method, params: params, context: nil)
        } catch {
            await once.close()
            throw error
        }
        await once.close()
        return reply
    }

    func close() async { await client.close() }
}

extension SuiteClient.Door {
    var isAdmin: Bool { if case .admin = self { true } else { false } }

    /// The `meta` member of every request through this door.
    fileprivate func meta(_ context: CallContext? = nil) -> JSONValue {
        var meta = JSONObject()
        switch self {
        case .gateway(let key): meta["key"] = .string(key)
        case .admin(let brand): meta["brand"] = brand.map { .string($0.description) }
        }
        meta["idempotencyKey"] = context?.idempotencyKey.map { .string($0) }
        meta["deadlineMilliseconds"] = context?.deadlineMilliseconds.map { .number(JSONNumber($0)) }
        return .object(meta)
    }
}

/// Every item of a list, page after page.
///
/// - Parameters:
///   - limit: stop once there are so many.
///   - page: fetches one page: its items, and the cursor of the next one.
func allPages<Item>(
    limit: Int = .max, _ page: (_ cursor: String?) async throws(RPCError) -> ([Item], String?)
) async throws(RPCError) -> [Item] {
    var items: [Item] = []
    var cursor: String?
    repeat {
        let (more, next) = try await page(cursor)
        items += more
        cursor = next
    } while cursor != nil && items.count < limit
    return items
}
