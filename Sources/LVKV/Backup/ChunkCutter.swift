internal import OrderedStore

/// Where one chunk of a backup ends and the next begins.
///
/// That depends on each entry's key and size alone, never on what was before it. So where a range of keys is unchanged,
/// its chunks are those of the backup before, whatever came and went elsewhere.
enum ChunkCutter {
    /// The bytes that a chunk has on average.
    static let averageBytes = 256 << 10
    /// A chunk that has grown so long ends wherever it is.
    static let mostBytes = 8 * averageBytes

    /// Whether a chunk ends behind an entry: as likely for each of its bytes.
    static func cuts(after key: Span<UInt8>, bytes: Int) -> Bool {
        if bytes >= averageBytes { return true }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in key.indices { hash = (hash ^ UInt64(key[index])) &* 0x100_0000_01B3 }
        // FNV-1a leaves the upper bits of like keys alike; these mix them.
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return hash < UInt64.max / UInt64(averageBytes) * UInt64(bytes)
    }
}
