public import OrderedStore

/// Runs every check of the suite, each on a fresh store, and throws at the first that fails.
///
/// - Parameters:
///   - name: what to call the engine in a failure.
///   - seed: where the random checks start; a failure says it.
///   - makeStore: makes an empty store. Called once a check.
/// - Throws: ``ConformanceFailure``; what `makeStore` throws.
public func checkConformance<Store: OrderedStore>(
    _ name: String, seed: UInt64 = 1, of makeStore: () throws -> Store
) throws {
    for check in ConformanceCheck<Store>.all(seed: seed) {
        do {
            try check.run(on: makeStore())
        } catch let failure as ConformanceFailure {
            throw ConformanceFailure("\(name): \(failure.message)")
        }
    }
}

/// One promise that every engine keeps, and the code that tries it.
public struct ConformanceCheck<Store: OrderedStore>: Sendable, CustomStringConvertible {
    /// The promise, as a sentence.
    public let name: String
    private let seed: UInt64
    private let body: @Sendable (Store, UInt64) throws -> Void

    init(_ name: String, seed: UInt64, _ body: @escaping @Sendable (Store, UInt64) throws -> Void) {
        self.name = name
        self.seed = seed
        self.body = body
    }

    /// Every check, with random ones that start at `seed`.
    public static func all(seed: UInt64 = 1) -> [ConformanceCheck] {
        [
            entryChecks(seed), rangeChecks(seed), cursorChecks(seed), transactionChecks(seed),
            isolationChecks(seed), concurrencyChecks(seed), modelChecks(seed),
        ].flatMap { $0 }
    }

    /// The promise, as a sentence.
    public var description: String { name }

    /// Tries it on `store`, which is empty and nobody else uses.
    ///
    /// - Throws: ``ConformanceFailure``, which says what was expected, what was seen and the seed.
    public func run(on store: Store) throws {
        do {
            try body(store, seed)
        } catch let failure as ConformanceFailure {
            throw ConformanceFailure("\(name): \(failure.message) (seed \(seed))")
        } catch let error as StoreError {
            throw ConformanceFailure("\(name): the store failed with \(error.code): \(error) (seed \(seed))")
        }
    }
}

/// A promise that an engine does not keep.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// Which promise, what was expected and what was seen.
    public let message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

/// Throws with `message` unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws(ConformanceFailure) {
    if !condition { throw ConformanceFailure(message()) }
}

/// Throws unless both are equal.
func expect<Content: Equatable>(
    _ seen: Content, is expected: Content, _ what: @autoclosure () -> String
) throws(ConformanceFailure) {
    if seen != expected { throw ConformanceFailure("\(what()): expected \(expected), saw \(seen)") }
}

/// Throws unless `body` fails with a `StoreError` of this code.
func expectRefusal(_ code: StoreError.Code, of what: String, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as StoreError {
        try expect(error.code, is: code, "the code of the error of \(what)")
        return
    }
    throw ConformanceFailure("\(what): expected to be refused as \(code), but it went through")
}
