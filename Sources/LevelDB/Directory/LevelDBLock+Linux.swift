internal import OrderedStore
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Who holds LevelDB's own lock, learned without opening `LOCK`: a close of it would drop the lock where this
/// process holds it.
enum LevelDBLock {
    #if os(Linux)
        /// The process that holds the lock on `LOCK` in `directory`, from `/proc/locks`; `nil` when none does, or
        /// when the system does not tell.
        static func holder(in directory: borrowing OpenFile) -> Int32? {
            guard let status = try? directory.status(of: "LOCK"),
                let file = try? OpenFile(path: "/proc/locks", O_RDONLY, attempt: ""),
                let bytes = try? file.read(upTo: 1 << 22, attempt: "")
            else { return nil }
            let device = status.identity.device
            let wanted = "\(hex(UInt64(major(device)))):\(hex(UInt64(minor(device)))):\(status.identity.inode)"
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                // 1: POSIX  ADVISORY  WRITE 1234 08:02:131072 0 EOF
                let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
                guard fields.count >= 6, fields[1] == "POSIX", fields[5] == wanted else { continue }
                return Int32(fields[4])
            }
            return nil
        }

        private static func hex(_ number: UInt64) -> String {
            let text = String(number, radix: 16)
            return text.utf8.count < 2 ? "0" + text : text
        }

        // The C library has these as macros: the bits of a device number as `sys/sysmacros.h` packs them.
        private static func major(_ device: UInt64) -> UInt32 {
            UInt32(truncatingIfNeeded: (device >> 8) & 0xFFF | (device >> 32) & 0xFFFF_F000)
        }

        private static func minor(_ device: UInt64) -> UInt32 {
            UInt32(truncatingIfNeeded: device & 0xFF | (device >> 12) & 0xFFFF_FF00)
        }
    #else
        /// The system does not tell.
        static func holder(in directory: borrowing OpenFile) -> Int32? { nil }
    #endif
}
