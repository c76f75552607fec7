internal import OrderedStore
enum DirectoryUse { case open(createIfMissing: Bool, errorIfExists: Bool, createParents: Bool), repair, destroy }
final class DirectoryHold {
    static func acquire(_ path: String, for use: DirectoryUse) throws(StoreError) -> DirectoryHold {
        DirectoryHold(path)
    }
    let path: String
    let creates = true
    init(_ p: String) { path = p }
    func didOpen() throws(StoreError) {}
    func didFailToOpen() {}
    func recheck() throws(StoreError) {}
    func release(closed: Bool) {}
}
