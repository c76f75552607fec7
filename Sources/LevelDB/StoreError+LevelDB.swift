internal import OrderedStore

extension StoreError {
    /// Whether LevelDB's words say that there was no room.
    static func isFullDisk(levelDB text: String) -> Bool {
        text.contains("No space left on device") || text.contains("Disk quota exceeded")
    }

    /// Reads the class of a failure off LevelDB's words and keeps them.
    init(levelDB text: String, operation: String, path: String) {
        let code: Code
        var advice = ""
        switch text {
        case _ where text.hasPrefix("NotFound:"): code = .notFound
        case _ where text.hasPrefix("Corruption:"): code = .corruption
        case _ where text.hasPrefix("Not implemented:"): code = .notSupported
        case _ where text.hasPrefix("Invalid argument:"):
            code = .invalidArgument
            if text.contains("does not match existing comparator") {
                advice = "; open the database with the comparator it was made with"
            }
        case _ where text.hasPrefix("IO error: lock "):
            code = .locked
            advice = "; another LevelDB program has the directory open"
        case _ where text.hasPrefix("IO error:"): code = .io
        default: code = .failed
        }
        self.init(code, operation: operation, path: path, message: text + advice)
    }
}
