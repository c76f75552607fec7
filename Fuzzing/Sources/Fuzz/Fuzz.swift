internal import OrderedStore

/// One thing that takes bytes from strangers, and the laws that hold for whatever comes.
///
/// A law that is broken ends the process, which is how libFuzzer is told.
struct Target: Sendable {
    let name: String
    let run: @Sendable (Span<UInt8>) -> Void

    static let all: [Target] = [
        Target(name: "requests", run: fuzzRequests),
        Target(name: "replies", run: fuzzReplies),
        Target(name: "commands", run: fuzzCommands),
        Target(name: "tuples", run: fuzzTuples),
        Target(name: "keys", run: fuzzKeys),
        Target(name: "schemas", run: fuzzSchemas),
        Target(name: "conditions", run: fuzzConditions),
        Target(name: "filters", run: fuzzFilters),
        Target(name: "json", run: fuzzJSON),
        Target(name: "csv", run: fuzzCSV),
        Target(name: "dumps", run: fuzzDumps),
        Target(name: "lines", run: fuzzLines),
        Target(name: "documents", run: fuzzDocuments),
    ]
}

/// The target that the environment names.
private let target: Target = {
    let name = environment("LVKV_FUZZ_TARGET") ?? ""
    guard let target = Target.all.first(where: { $0.name == name }) else {
        fatalError("LVKV_FUZZ_TARGET is one of \(Target.all.map(\.name).joined(separator: " "))")
    }
    return target
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe UnsafeBufferPointer(start: bytes, count: count)
    unsafe target.run(Span(_unsafeElements: input))
    return 0
}

/// A law: ends the process when `holds` is false.
func require(_ holds: Bool, _ law: @autoclosure () -> String, line: UInt = #line) {
    if !holds { fatalError("broken: \(law())", line: line) }
}

/// Where bytes are cut into pieces: everywhere by `step`, which the input chooses.
func splits(_ count: Int, by step: Int) -> [Int] {
    Array(stride(from: max(1, step), to: count, by: max(1, step)))
}

extension Span<UInt8> {
    /// The first byte, which chooses among variants, and the rest.
    var choice: Int { isEmpty ? 0 : Int(self[0]) }
    var rest: [UInt8] { extracting(Swift.min(1, count)..<count).array }
}
