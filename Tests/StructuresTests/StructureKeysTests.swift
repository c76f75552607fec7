import OrderedStore
import Structures
import Testing

@Suite("The keys of structures")
struct StructureKeysTests {
    let store = UncheckedStore(MemoryStore())
    let state = StructureState(isEnabled: true)

    @Test("an id is never given out twice, whether or not its transaction was written")
    func identifiers() throws {
        struct Aborted: Error {}
        var seen: Set<UInt64> = []
        for round in 0..<3_000 {
            do {
                let id = try StructureKeys.write(store, state) { keys in
                    let id = try keys.newIdentifier()
                    if round % 7 == 3 { throw Aborted() }
                    return id
                }
                #expect(seen.insert(id).inserted)
            } catch is Aborted {}
        }
        let again = StructureState(isEnabled: true)
        let id = try StructureKeys.write(store, again) { keys in try keys.newIdentifier() }
        #expect(seen.insert(id).inserted)
    }
}
