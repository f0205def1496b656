import COpenSSL
import NIOCore

/// The network as OpenSSL sees it: a BIO over two buffers. Records are read where NIO received them and written where
/// NIO will send them from, without a buffer between.
final class TLSWire {
    private(set) var incoming = ByteBuffer()
    private(set) var outgoing = ByteBuffer()
    /// Bytes taken from `incoming` since a record was last complete.
    private(set) var bytesOfOpenRecord = 0

    func receive(_ bytes: inout ByteBuffer) {
        if incoming.readableBytes == 0 {
            incoming = bytes
        } else {
            incoming.writeBuffer(&bytes)
        }
    }

    /// Called when everything is read, so that NIO may use the memory again.
    func releaseIncoming() {
        if incoming.readableBytes == 0 { incoming = ByteBuffer() }
    }

    func recordIsComplete() { bytesOfOpenRecord = 0 }

    func reserveOutgoing(_ count: Int) { outgoing.reserveCapacity(minimumWritableBytes: count) }

    func takeOutgoing() -> ByteBuffer? {
        guard outgoing.readableBytes > 0 else { return nil }
        defer { outgoing = ByteBuffer() }
        return outgoing
    }

    /// A BIO over this wire, which must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// `nonisolated(unsafe)`: a table of functions, complete before anybody sees it and never changed.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "NIO") else { return nil }
        BIO_meth_set_read_ex(method) { bio, target, count, taken in
            TLSWire.of(bio).take(bio, UnsafeMutableRawBufferPointer(start: target, count: count), taken)
        }
        BIO_meth_set_write_ex(method) { bio, source, count, written in
            COpenSSL_clear_retry(bio)
            TLSWire.of(bio).outgoing.writeBytes(UnsafeRawBufferPointer(start: source, count: count))
            written?.pointee = count
            return 1
        }
        // Flushing is the only command that means anything here: there is nothing to flush.
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

    private static func of(_ bio: OpaquePointer?) -> TLSWire {
        guard let data = BIO_get_data(bio) else { preconditionFailure("a BIO was made without its wire") }
        return Unmanaged<TLSWire>.fromOpaque(data).takeUnretainedValue()
    }

    private func take(
        _ bio: OpaquePointer?, _ target: UnsafeMutableRawBufferPointer, _ taken: UnsafeMutablePointer<Int>?
    ) -> Int32 {
        let count = min(target.count, incoming.readableBytes)
        guard count > 0 else {
            COpenSSL_set_retry_read(bio)
            return 0
        }
        COpenSSL_clear_retry(bio)
        incoming.readWithUnsafeReadableBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            return count
        }
        bytesOfOpenRecord += count
        taken?.pointee = count
        return 1
    }
}
