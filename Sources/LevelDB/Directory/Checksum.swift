/// CRC-32C (Castagnoli), the checksum of LevelDB's files, of our marker and of dumps.
package enum Checksum {
    private static let table: [UInt32] = (0..<256).map { index in
        var remainder = UInt32(index)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1
        }
        return remainder
    }

    /// The checksum of `bytes`.
    static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let table = table
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8)
        }
        return ~sum
    }

    /// The checksum of what `sum` is the checksum of, with `bytes` behind it.
    package static func crc32c(_ bytes: Span<UInt8>, after sum: UInt32 = 0) -> UInt32 {
        let table = table.span
        var sum = ~sum
        for index in bytes.indices { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[index])] ^ (sum >> 8) }
        return ~sum
    }

    /// `sum` as LevelDB's log format stores it: rotated and offset, so that a checksum over data with
    /// checksums in it stays useful.
    static func masked(_ sum: UInt32) -> UInt32 {
        ((sum >> 15) | (sum << 17)) &+ 0xA282_EAD8
    }
}
