public import OrderedStore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// Documents as values of Swift types, which JSONEncoder and JSONDecoder code.
extension Documents {
    /// Inserts a value that is coded with keys. Its members come in the order of their names.
    ///
    /// - Returns: the document's `_id`: the value's own, or a new one when it codes none.
    /// - Throws: as ``insertOne(_:durability:)``; ``RecordError`` with code `typeMismatch` for a value that is coded
    ///   without keys; what encoding throws.
    @discardableResult
    public func insertOne(encoding value: some Encodable, durability: Durability = .buffered) throws -> JSONValue {
        try insertOne(try Documents.document(value), durability: durability)
    }

    /// Inserts values, all or none.
    ///
    /// - Throws: as ``insertOne(encoding:durability:)``.
    @discardableResult
    public func insertMany(
        encoding values: some Sequence<some Encodable>, durability: Durability = .buffered
    ) throws -> [JSONValue] {
        try insertMany(try values.map { try Documents.document($0) }, durability: durability)
    }

    /// The documents that a filter is true of, as values of a type.
    ///
    /// - Throws: as ``find(_:sort:skip:limit:projection:)``; what decoding throws.
    public func find<Value: Decodable>(
        as type: Value.Type, _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0, limit: Int? = nil
    ) throws -> [Value] {
        var values: [Value] = []
        let decoder = JSONDecoder()
        try forEach(filter, sort: sort, skip: skip, limit: limit) { document in
            var text: [UInt8] = []
            JSONValue.object(document).write(to: &text)
            values.append(try decoder.decode(type, from: Data(text)))
        }
        return values
    }

    /// The first document that a filter is true of, as a value of a type; `nil` when there is none.
    ///
    /// - Throws: as ``find(as:_:sort:skip:limit:)``.
    public func findOne<Value: Decodable>(
        as type: Value.Type, _ filter: JSONObject = [:], sort: JSONObject = [:], skip: Int = 0
    ) throws -> Value? {
        try find(as: type, filter, sort: sort, skip: skip, limit: 1).first
    }

    private static func document(_ value: some Encodable) throws -> JSONObject {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try JSONValue(parsing: [UInt8](encoder.encode(value)))
        guard case .object(let object) = json else {
            throw RecordError(
                .typeMismatch, message: "a document's type is coded with keys, as structs are, and not as \(json.kind)")
        }
        return object
    }
}
