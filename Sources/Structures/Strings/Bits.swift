internal import OrderedStore

/// Strings as rows of bits; bit 0 is the highest of the first byte, and behind the end all are 0.
package enum Bits {
    /// The bit at `offset`.
    package static func bit(_ offset: Int, of bytes: Span<UInt8>) -> Bool {
        let byte = offset >> 3
        return byte < bytes.count && bytes[byte] >> UInt8(7 - offset & 7) & 1 == 1
    }

    /// How many bits from `first` to `last`, both included and inside the bytes, are 1.
    ///
    /// - Complexity: O(*n*).
    package static func count(_ bytes: Span<UInt8>, from first: Int, through last: Int) -> Int {
        guard first <= last else { return 0 }
        var count = 0
        unsafe bytes.withUnsafeBytes { memory in
            var byte = first >> 3
            let end = last >> 3 + 1
            while byte + 8 <= end {
                unsafe count += memory.loadUnaligned(fromByteOffset: byte, as: UInt64.self).nonzeroBitCount
                byte += 8
            }
            while byte < end {
                unsafe count += memory[byte].nonzeroBitCount
                byte += 1
            }
        }
        let before = bytes[first >> 3] & ~(0xFF >> UInt8(first & 7))
        let after = bytes[last >> 3] & (0x7F >> UInt8(last & 7))
        return count - before.nonzeroBitCount - after.nonzeroBitCount
    }

    /// The first bit from `first` to `last`, both included and inside the bytes, that is as `value` says.
    ///
    /// - Complexity: O(*n*).
    package static func position(of value: Bool, in bytes: Span<UInt8>, from first: Int, through last: Int) -> Int? {
        guard first <= last else { return nil }
        let flip: UInt8 = value ? 0 : 0xFF
        var byte = first >> 3
        var candidate = (bytes[byte] ^ flip) & (0xFF >> UInt8(first & 7))
        let end = last >> 3
        while candidate == 0, byte < end {
            byte += 1
            candidate = bytes[byte] ^ flip
        }
        guard candidate != 0 else { return nil }
        let position = byte << 3 + candidate.leadingZeroBitCount
        return position <= last ? position : nil
    }

    /// How two or more strings are put together bit by bit.
    package enum Operation: Sendable {
        case and, or, xor
    }

    /// Puts `other` into `result`, which is at least as long: what is missing is 0.
    package static func combine(_ other: Span<UInt8>, _ operation: Operation, into result: inout [UInt8]) {
        for index in other.indices {
            switch operation {
            case .and: result[index] &= other[index]
            case .or: result[index] |= other[index]
            case .xor: result[index] ^= other[index]
            }
        }
        guard operation == .and else { return }
        for index in other.count..<result.count { result[index] = 0 }
    }
}

extension StructureKeys {
    /// Sets one bit of a string, which grows as far as needed.
    ///
    /// - Returns: what the bit was.
    /// - Throws: ``StructureError`` with code `wrongType` or `tooLarge`; what a schema refuses.
    package func setBit(_ key: Span<UInt8>, _ offset: Int, to value: Bool) throws -> Bool {
        let old = try lookup(key, .string)
        let byte = offset >> 3
        guard byte < state.valueLimit else { throw StructureError.tooLarge }
        let before = Bits.bit(offset, of: old.body)
        if before == value, byte < old.body.count { return before }
        var bytes = old.body.array
        if bytes.count <= byte { bytes += Array(repeating: 0, count: byte + 1 - bytes.count) }
        let mask: UInt8 = 0x80 >> UInt8(offset & 7)
        bytes[byte] = value ? bytes[byte] | mask : bytes[byte] & ~mask
        try storeString(key, bytes.span, expiry: old.expiry, replacing: old)
        note(key, "setbit", .string)
        return before
    }

    /// Stores under `destination` what strings are together, or with one string and no operation its opposite. What is
    /// empty is removed.
    ///
    /// - Returns: the length.
    /// - Throws: ``StructureError`` with code `wrongType`; what a schema refuses.
    package func combineBits(_ operation: Bits.Operation?, _ sources: [[UInt8]], to destination: Span<UInt8>) throws
        -> Int
    {
        var values: [[UInt8]] = []
        for source in sources {
            let stored = try lookup(source.span, .string)
            values.append(stored.body.array)
        }
        let length = values.map(\.count).max() ?? 0
        guard var result = values.first else { return 0 }
        result += Array(repeating: 0, count: length - result.count)
        if let operation {
            for value in values.dropFirst() { Bits.combine(value.span, operation, into: &result) }
        } else {
            for index in result.indices { result[index] = ~result[index] }
        }
        if length > 0 {
            try setString(destination, result.span)
            note(destination, "set", .string)
        } else {
            let old = try lookup(destination)
            try remove(destination, old)
            if old.exists { note(destination, "del", .generic) }
        }
        return length
    }
}
