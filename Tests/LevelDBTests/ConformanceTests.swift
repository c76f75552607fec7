import LevelDB
import OrderedStore
import StoreConformance
import Testing

@Suite("LevelDBStore keeps what every engine promises")
struct ConformanceTests {
    @Test(arguments: ConformanceCheck<LevelDBStore>.all())
    func promise(_ check: ConformanceCheck<LevelDBStore>) throws {
        let directory = TemporaryDirectory()
        try check.run(on: LevelDBStore(at: directory.path, options: LevelDBOptions(mode: .createNew)))
    }

    @Test("also with the smallest buffers and tables, so that all of them are in use")
    func smallTables() throws {
        var directories: [TemporaryDirectory] = []
        try checkConformance("LevelDBStore with small tables", seed: 7) {
            let directory = TemporaryDirectory()
            directories.append(directory)
            var options = LevelDBOptions(mode: .createNew)
            options.writeBufferSize = 64 << 10
            options.maxFileSize = 1 << 20
            options.blockSize = 1 << 10
            options.blockCacheSize = 0
            options.blockRestartInterval = 1
            return try LevelDBStore(at: directory.path, options: options)
        }
    }

    @Test("also with a cache of values, with room for all and with next to none", arguments: [1 << 20, 16 << 10])
    func valueCache(size: Int) throws {
        var directories: [TemporaryDirectory] = []
        try checkConformance("LevelDBStore with a cache of values", seed: 8) {
            let directory = TemporaryDirectory()
            directories.append(directory)
            var options = LevelDBOptions(mode: .createNew)
            options.valueCacheSize = size
            return try LevelDBStore(at: directory.path, options: options)
        }
    }
}
