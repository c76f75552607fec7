/// What a record of a Swift type must be like, written with its properties:
///
/// ```swift
/// books.find(where: \.year >= 1950 && \.author == "Tolkien, J.")
/// ```
///
/// The properties must be stored ones whose coding keys have their names. A property of a property that is stored as
/// JSON is a path into it: `\.extra.publisher.city`. An optional property that is compared with `nil` is absent or
/// null, which both read as `nil`; `!=` is true of exactly what `==` is not true of, `nil` included, and the order
/// comparisons are not true of `nil`.
public struct TypedCondition<Value: Record>: Sendable {
    /// The condition, or why there is none: a key path that leads to no stored property.
    public let condition: Result<Condition, RecordError>

    private init(_ condition: Result<Condition, RecordError>) { self.condition = condition }

    private init(_ path: AnyKeyPath, _ test: (String) throws(RecordError) -> Condition) {
        do throws(RecordError) { condition = .success(try test(try path.fieldPath())) } catch {
            condition = .failure(error)
        }
    }

    fileprivate init(_ path: AnyKeyPath, _ comparison: Comparison, _ value: FieldValue?) {
        self.init(path) { name throws(RecordError) in
            if let value { return .compare(name, comparison, value) }
            switch comparison {
            case .equal: return .or([.not(.exists(name)), .compare(name, .equal, .null)])
            case .notEqual: return .and([.exists(name), .compare(name, .notEqual, .null)])
            default: return .none
            }
        }
    }

    /// A condition that is not written with properties.
    public init(_ condition: Condition) { self.init(.success(condition)) }

    /// True of every record.
    public static var all: TypedCondition { TypedCondition(.all) }

    /// True when a property has one of these values.
    public static func `in`<Property: FieldConvertible>(
        _ property: KeyPath<Value, Property>, _ values: [Property]
    ) -> TypedCondition {
        TypedCondition(property) { name throws(RecordError) in
            let found = values.map(\.fieldValue)
            let known = Condition.isIn(name, found.compactMap { $0 })
            return found.contains(nil) ? .or([known, .not(.exists(name)), .compare(name, .equal, .null)]) : known
        }
    }

    /// True when a property is in a range.
    public static func `in`<Property: FieldConvertible>(
        _ property: KeyPath<Value, Property>, _ range: ClosedRange<Property>
    ) -> TypedCondition {
        TypedCondition(property, .greaterOrEqual, range.lowerBound.fieldValue)
            && TypedCondition(property, .lessOrEqual, range.upperBound.fieldValue)
    }

    /// True when a property is there and in a range.
    public static func `in`<Property: FieldConvertible>(
        _ property: KeyPath<Value, Property?>, _ range: ClosedRange<Property>
    ) -> TypedCondition {
        TypedCondition(property, .greaterOrEqual, range.lowerBound.fieldValue)
            && TypedCondition(property, .lessOrEqual, range.upperBound.fieldValue)
    }

    /// True when a property begins with this text.
    public static func starts(
        _ property: KeyPath<Value, some TextConvertible>, with prefix: String
    ) -> TypedCondition {
        TypedCondition(property) { name throws(RecordError) in .startsWith(name, prefix) }
    }

    /// True when a pattern is found in a property; see ``Pattern`` for what it may say.
    public static func matches(
        _ property: KeyPath<Value, some TextConvertible>, _ pattern: String
    ) -> TypedCondition {
        TypedCondition(property) { name throws(RecordError) in
            do { return .matches(name, try Pattern(pattern)) } catch {
                throw RecordError(.invalidValue, field: name, message: "the pattern: \(error)")
            }
        }
    }

    /// True when an array, which is stored as JSON, has this element.
    public static func contains<Element: FieldConvertible>(
        _ property: KeyPath<Value, [Element]>, _ element: Element
    ) -> TypedCondition {
        TypedCondition(property) { name throws(RecordError) in
            .compare(name + "[]", .equal, element.fieldValue ?? .null)
        }
    }

    /// True when both are.
    public static func && (left: TypedCondition, right: TypedCondition) -> TypedCondition {
        left.joined(with: right) { left, right in
            let parts = left.conjuncts + right.conjuncts
            return parts.count == 1 ? parts[0] : .and(parts)
        }
    }

    /// True when one of them is.
    public static func || (left: TypedCondition, right: TypedCondition) -> TypedCondition {
        left.joined(with: right) { left, right in
            if case .or(let parts) = left, parts.count > 1 { return .or(parts + [right]) }
            return .or([left, right])
        }
    }

    /// True when it is not.
    public static prefix func ! (condition: TypedCondition) -> TypedCondition {
        TypedCondition(condition.condition.map { .not($0) })
    }

    private func joined(with other: TypedCondition, _ join: (Condition, Condition) -> Condition) -> TypedCondition {
        TypedCondition(condition.flatMap { left in other.condition.map { join(left, $0) } })
    }
}

/// True when a property has this value.
public func == <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .equal, value.fieldValue)
}

/// True when a property has another value, or none.
public func != <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .notEqual, value.fieldValue)
}

/// True when a property is less than a value.
public func < <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .less, value.fieldValue)
}

/// True when a property is a value or less.
public func <= <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .lessOrEqual, value.fieldValue)
}

/// True when a property is greater than a value.
public func > <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .greater, value.fieldValue)
}

/// True when a property is a value or greater.
public func >= <Value: Record, Property: FieldConvertible>(
    property: KeyPath<Value, Property>, value: Property
) -> TypedCondition<Value> {
    TypedCondition(property, .greaterOrEqual, value.fieldValue)
}
