internal import OrderedStore
internal import StoreConformance
internal import Testing

@Suite("The engine in memory keeps every promise of the seam")
struct MemoryStoreConformanceTests {
    @Test(arguments: ConformanceCheck<MemoryStore>.all())
    func promise(_ check: ConformanceCheck<MemoryStore>) throws {
        try check.run(on: MemoryStore())
    }
}
