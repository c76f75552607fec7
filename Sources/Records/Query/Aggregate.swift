internal import KeySchemas
internal import OrderedStore

/// What is made of the records of a group.
public struct Aggregate: Hashable, Sendable, CustomStringConvertible {
    /// How one value is made of many.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// How many records there are.
        case count
        /// The sum of the numbers, exact unless some are doubles.
        case sum
        /// The least value.
        case min
        /// The largest value.
        case max
        /// The mean of the numbers, as a double.
        case average = "avg"
    }

    public let kind: Kind
    /// Whose values are taken: null, absent, and in a json field what is no number, are left out. `nil` for a count.
    public let path: String?

    private init(_ kind: Kind, _ path: String?) {
        self.kind = kind
        self.path = path
    }

    /// How many records there are.
    public static let count = Aggregate(.count, nil)
    /// The sum of the numbers at a path.
    public static func sum(_ path: String) -> Aggregate { Aggregate(.sum, path) }
    /// The least value at a path.
    public static func min(_ path: String) -> Aggregate { Aggregate(.min, path) }
    /// The largest value at a path.
    public static func max(_ path: String) -> Aggregate { Aggregate(.max, path) }
    /// The mean of the numbers at a path.
    public static func average(_ path: String) -> Aggregate { Aggregate(.average, path) }

    /// Reads `count`, `sum:pages`, `min:year`, `max:year` or `avg:price`.
    ///
    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = Kind(rawValue: String(words[0])) else { return nil }
        let path = words.count > 1 ? String(words[1]) : nil
        guard (path == nil) == (kind == .count), path?.isEmpty != true else { return nil }
        self.init(kind, path)
    }

    /// As ``init(_:)`` reads it.
    public var description: String { path.map { "\(kind.rawValue):\($0)" } ?? kind.rawValue }
}

/// The records that have some values alike.
public struct QueryGroup: Hashable, Sendable {
    /// The values that they have alike, in the order that was asked for; `nil` for absent.
    public let values: [FieldValue?]
    /// What was made of the records, in the order that was asked for; `nil` where none had a value.
    public let results: [FieldValue?]
}

/// An aggregate while records come.
struct Accumulator {
    private let kind: Aggregate.Kind
    private let part: CompiledIndex.Part?
    private var count = 0
    private var sum = ExactSum()
    /// The least or largest value, as index entries hold it.
    private var extreme: [UInt8]?

    /// - Throws: ``RecordError`` for a path that has many values, or no numbers where they are needed.
    init(_ aggregate: Aggregate, _ schema: SchemaDefinition) throws(RecordError) {
        kind = aggregate.kind
        guard let text = aggregate.path else {
            part = nil
            return
        }
        let path = try PreparedQuery.single(text, schema)
        if kind == .sum || kind == .average {
            switch path.field.type {
            case .json, .scalar(.int), .scalar(.decimal), .scalar(.double): break
            case .scalar(let type):
                throw RecordError(
                    .invalidValue, schema: schema.name, field: text,
                    message: "\(kind.rawValue) is of numbers; the field is of type \(type)")
            }
        }
        part = schema.part(path, isDescending: false)
    }

    /// Takes a record.
    ///
    /// - Throws: ``RecordError`` with code `outOfRange` when a sum has too many digits.
    mutating func add(_ record: borrowing RecordBuffer) throws(RecordError) {
        guard let part else {
            count += 1
            return
        }
        var maker = IndexEntryMaker()
        switch kind {
        case .count: count += 1
        case .sum, .average:
            guard let value = try maker.fieldValue(of: part, record) else { return }
            do { if try sum.add(value) { count += 1 } } catch {
                throw error.about(schema: record.schema.name, field: part.path.conditionPath)
            }
        case .min, .max:
            guard let form = try maker.forms(of: part, record).first, form[0] != Tuple.Code.null else { return }
            guard let known = extreme else {
                extreme = form
                return
            }
            if (form.span.compare(to: known.span) < 0) == (kind == .min), form != known { extreme = form }
        }
    }

    /// What it comes to; `nil` when no record had a value.
    var result: FieldValue? {
        switch kind {
        case .count: return .scalar(.integer(Int64(count)))
        case .sum: return count == 0 ? nil : sum.value
        case .average: return count == 0 ? nil : .scalar(.double(sum.double / Double(count)))
        case .min, .max:
            guard let extreme, case .value(let value)? = part?.value(extreme.span) else { return nil }
            return value
        }
    }
}

/// A sum of integers and decimals without any rounding; with doubles among them, one of doubles whose errors are
/// made up for.
struct ExactSum {
    private var unscaled: Int128 = 0
    private var scale = 0
    private var doubles = 0.0
    private var lost = 0.0
    private var isExact = true

    /// Adds a number.
    ///
    /// - Returns: `false`, and nothing was added, when it is none.
    /// - Throws: ``RecordError`` with code `outOfRange` when the sum takes more digits than there is room for.
    mutating func add(_ value: FieldValue) throws(RecordError) -> Bool {
        switch value {
        case .scalar(.integer(let number)):
            try add(Int128(number), scale: 0)
        case .scalar(.decimal(let number)):
            try add(number.unscaled, scale: number.scale)
        case .scalar(.bigInteger(let number)):
            guard let wide = Int128(number.description) else { throw ExactSum.tooLarge }
            try add(wide, scale: 0)
        case .scalar(.double(let number)):
            add(number)
        case .json(.number(let number)):
            // What has no decimal of 38 digits is written as a double's, and taken as one.
            if let text = number.plainText, let decimal = FixedDecimal(text) {
                try add(decimal.unscaled, scale: decimal.scale)
            } else {
                add(number.double)
            }
        default:
            return false
        }
        return true
    }

    private mutating func add(_ number: Int128, scale other: Int) throws(RecordError) {
        let common = Swift.max(scale, other)
        let mine = try ExactSum.scaled(unscaled, by: common - scale)
        let theirs = try ExactSum.scaled(number, by: common - other)
        let (sum, overflow) = mine.addingReportingOverflow(theirs)
        guard !overflow else { throw ExactSum.tooLarge }
        (unscaled, scale) = (sum, common)
    }

    /// Neumaier's variant of Kahan's summation.
    private mutating func add(_ number: Double) {
        isExact = false
        let sum = doubles + number
        lost += doubles.magnitude >= number.magnitude ? (doubles - sum) + number : (number - sum) + doubles
        doubles = sum
    }

    private static func scaled(_ number: Int128, by digits: Int) throws(RecordError) -> Int128 {
        var number = number
        for _ in 0..<digits {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw tooLarge }
            number = product
        }
        return number
    }

    private static var tooLarge: RecordError {
        RecordError(.outOfRange, message: "the sum has more than 38 digits; add up fewer records at once")
    }

    /// The sum as a double.
    var double: Double {
        var power = 1.0
        for _ in 0..<scale { power *= 10 }
        let rest = lost.isFinite ? lost : 0
        return Double(unscaled) / power + (doubles + rest)
    }

    /// The sum: an integer, a decimal, or with doubles a double.
    var value: FieldValue {
        guard isExact else { return .scalar(.double(double)) }
        if scale == 0, let small = Int64(exactly: unscaled) { return .scalar(.integer(small)) }
        if let decimal = FixedDecimal(unscaled: unscaled, scale: scale), scale > 0 { return .scalar(.decimal(decimal)) }
        return .json(.integer(unscaled))
    }
}
