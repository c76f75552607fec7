extension ComponentType {
    /// Appends a value as a tuple element.
    ///
    /// - Throws: what ``normalize(_:)`` throws; nothing was appended then.
    func appendTuple(_ value: KeyValue, to key: inout [UInt8]) throws(KeyError) {
        Tuple.append(try normalize(value), to: &key)
    }

    /// The value that a tuple element stands for: decimals, dates and timestamps are integers there.
    ///
    /// - Throws: ``KeyError`` when ``appendTuple(_:to:)`` would not have written the element.
    package func decodeTuple(_ element: KeyValue) throws(KeyError) -> KeyValue {
        let value: KeyValue? =
            switch (self, element) {
            case (.decimal(_, let scale), .integer), (.decimal(_, let scale), .bigInteger):
                element.asInt128.flatMap { FixedDecimal(unscaled: $0, scale: scale) }.map { .decimal($0) }
            case (.date, .integer(let days)):
                CalendarDate(daysSince1970: Int(days)).map { .date($0) }
            case (.timestamp, .integer(let milliseconds)):
                Timestamp(millisecondsSince1970: milliseconds).map { .timestamp($0) }
            default:
                element
            }
        // What normalising would change was not written by us.
        guard let value, let normal = try? normalize(value), normal == value else {
            throw KeyError(
                .malformedKey, offset: 0, message: "an element of type \(element.typeName) where \(self) belongs")
        }
        return value
    }
}
