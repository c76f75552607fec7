internal import OrderedStore

/// What is done to strings. Each notes its change; an expiry stays as it is.
extension StructureKeys {
    /// Appends bytes to a string, or makes it.
    ///
    /// - Returns: its new length.
    /// - Throws: ``StructureError`` with code `wrongType` or `tooLarge`; what a schema refuses.
    package func append(_ key: Span<UInt8>, _ bytes: Span<UInt8>) throws -> Int {
        let old = try lookup(key, .string)
        let length = old.body.count + bytes.count
        guard length <= state.valueLimit else { throw StructureError.tooLarge }
        var value: [UInt8] = []
        value.reserveCapacity(length)
        value.append(copying: old.body)
        value.append(copying: bytes)
        try storeString(key, value.span, expiry: old.expiry, replacing: old)
        note(key, "append", .string)
        return length
    }

    /// Writes bytes over a string from `offset` on; what lies between its end and `offset` becomes zero.
    ///
    /// - Returns: its new length; writing nothing changes nothing.
    /// - Throws: as ``append(_:_:)``.
    package func setRange(_ key: Span<UInt8>, from offset: Int, _ bytes: Span<UInt8>) throws -> Int {
        let old = try lookup(key, .string)
        guard bytes.count > 0 else { return old.body.count }
        let (end, overflow) = offset.addingReportingOverflow(bytes.count)
        guard !overflow, end <= state.valueLimit else { throw StructureError.tooLarge }
        var value = old.body.array
        if value.count < end { value += Array(repeating: 0, count: end - value.count) }
        for index in bytes.indices { value[offset + index] = bytes[index] }
        try storeString(key, value.span, expiry: old.expiry, replacing: old)
        note(key, "setrange", .string)
        return value.count
    }

    /// Adds to the integer in a string; an absent one is 0.
    ///
    /// - Returns: the sum.
    /// - Throws: ``StructureError`` with code `wrongType`, `notAnInteger` or `overflow`; what a schema refuses.
    package func increment(_ key: Span<UInt8>, by summand: Int64) throws -> Int64 {
        let old = try lookup(key, .string)
        var value: Int64 = 0
        if old.exists {
            guard let stored = Int64(redis: old.body) else { throw StructureError.notAnInteger }
            value = stored
        }
        let (sum, overflow) = value.addingReportingOverflow(summand)
        guard !overflow else { throw StructureError.overflow }
        var text = String(sum)
        text.makeContiguousUTF8()
        try storeString(key, text.utf8.span, expiry: old.expiry, replacing: old)
        note(key, "incrby", .string)
        return sum
    }

    /// Adds to the number in a string; an absent one is 0.
    ///
    /// - Returns: the sum, as it is stored.
    /// - Throws: ``StructureError`` with code `wrongType` or `notAFloat`, or `overflow` when the sum is infinite; what a
    ///   schema refuses.
    package func increment(_ key: Span<UInt8>, by summand: Span<UInt8>) throws -> [UInt8] {
        let old = try lookup(key, .string)
        let stored = old.exists ? LongDouble(old.body) : LongDouble.zero
        guard let stored, let summand = LongDouble(summand) else { throw StructureError.notAFloat }
        guard let sum = stored + summand else { throw StructureError.overflow }
        let text = sum.text
        try storeString(key, text.span, expiry: old.expiry, replacing: old)
        note(key, "incrbyfloat", .string)
        return text
    }
}

extension StructureError {
    package static let tooLarge = StructureError(
        .tooLarge, "the string would be larger than a value may be; keep it in parts")
    package static let notAnInteger = StructureError(.notAnInteger, "the value is not an integer of 64 bits")
    package static let notAFloat = StructureError(.notAFloat, "the value is not a number")
    package static let overflow = StructureError(.overflow, "the result would be out of range")
}
