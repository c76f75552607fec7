internal import OrderedStore

/// Integers of any width at any bit of a string.
package enum BitField {
    /// An integer's width and whether it has a sign: up to 64 bits with one, 63 without.
    package struct Width: Sendable {
        package let isSigned: Bool
        package let bits: Int

        /// `nil` when there is no such width.
        package init?(isSigned: Bool, bits: Int) {
            guard bits >= 1, bits <= (isSigned ? 64 : 63) else { return nil }
            self.isSigned = isSigned
            self.bits = bits
        }

        private var greatest: Int64 { isSigned ? (1 << (bits - 1)) &- 1 : (1 << bits) &- 1 }
        private var least: Int64 { isSigned ? -greatest - 1 : 0 }

        /// The lowest bits of a number, with the sign that they say.
        func wrapped(_ value: Int64) -> Int64 {
            let unused = Int64(64 - bits)
            let shifted = value << unused
            return isSigned ? shifted >> unused : Int64(bitPattern: UInt64(bitPattern: shifted) >> UInt64(unused))
        }

        /// A sum as the width holds it; `nil` when it does not and that is a failure.
        func sum(_ value: Int64, _ summand: Int64, _ overflow: Overflow) -> Int64? {
            let exact = Int128(value) + Int128(summand)
            if exact >= Int128(least), exact <= Int128(greatest) { return Int64(exact) }
            switch overflow {
            case .wrap: return wrapped(value &+ summand)
            case .saturate: return exact > Int128(greatest) ? greatest : least
            case .fail: return nil
            }
        }

        /// A number that was given, as the width holds it.
        func fitted(_ value: Int64, _ overflow: Overflow) -> Int64? {
            // Without a sign a negative number counts as a very great one.
            if !isSigned, value < 0, overflow == .saturate { return greatest }
            return sum(value, 0, overflow)
        }
    }

    /// What becomes of a number that does not fit.
    package enum Overflow: Sendable {
        case wrap, saturate, fail
    }

    /// One step.
    package struct Step: Sendable {
        package enum Action: Sendable {
            case get
            case set(Int64, Overflow)
            case increment(Int64, Overflow)
        }

        package let action: Action
        package let width: Width
        /// The first bit.
        package let offset: Int

        package init(_ action: Action, _ width: Width, at offset: Int) {
            self.action = action
            self.width = width
            self.offset = offset
        }

        package var isGet: Bool { if case .get = action { true } else { false } }
    }

    package static func read(_ width: Width, at offset: Int, of bytes: Span<UInt8>) -> Int64 {
        var value: UInt64 = 0
        for bit in offset..<offset + width.bits { value = value << 1 | (Bits.bit(bit, of: bytes) ? 1 : 0) }
        return width.wrapped(Int64(bitPattern: value))
    }

    static func write(_ value: Int64, _ width: Width, at offset: Int, into bytes: inout [UInt8]) {
        for index in 0..<width.bits {
            let bit = offset + index
            let mask: UInt8 = 0x80 >> UInt8(bit & 7)
            let isSet = value >> Int64(width.bits - 1 - index) & 1 == 1
            bytes[bit >> 3] = isSet ? bytes[bit >> 3] | mask : bytes[bit >> 3] & ~mask
        }
    }
}

extension StructureKeys {
    /// Runs steps over a string, which grows as far as any of them writes.
    ///
    /// - Returns: of each step its number: what was read, what was there before it was set, the sum; `nil` where it
    ///   failed.
    /// - Throws: ``StructureError`` with code `wrongType` or `tooLarge`; what a schema refuses.
    package func bitField(_ key: Span<UInt8>, _ steps: [BitField.Step]) throws -> [Int64?] {
        let old = try lookup(key, .string)
        guard let end = steps.filter({ !$0.isGet }).map({ $0.offset + $0.width.bits }).max() else {
            return steps.map { BitField.read($0.width, at: $0.offset, of: old.body) }
        }
        let length = (end + 7) / 8
        guard length <= state.valueLimit else { throw StructureError.tooLarge }
        var bytes = old.body.array
        let grows = bytes.count < length
        if grows { bytes += Array(repeating: 0, count: length - bytes.count) }
        var results: [Int64?] = []
        var changed = false
        for step in steps {
            let before = BitField.read(step.width, at: step.offset, of: bytes.span)
            let after: Int64?
            switch step.action {
            case .get:
                results.append(before)
                continue
            case .set(let value, let overflow):
                after = step.width.fitted(value, overflow)
                results.append(after == nil ? nil : before)
            case .increment(let summand, let overflow):
                after = step.width.sum(before, summand, overflow)
                results.append(after)
            }
            guard let after else { continue }
            BitField.write(after, step.width, at: step.offset, into: &bytes)
            if grows || before != after { changed = true }
        }
        if grows || changed { try storeString(key, bytes.span, expiry: old.expiry, replacing: old) }
        if changed { note(key, "setbit", .string) }
        return results
    }
}
