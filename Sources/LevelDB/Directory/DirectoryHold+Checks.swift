internal import OrderedStore

/// What a directory is wanted for.
enum DirectoryUse {
    case open(createIfMissing: Bool, errorIfExists: Bool, createParents: Bool)
    case repair
    case destroy

    var operation: String {
        switch self {
        case .open: "open"
        case .repair: "repair"
        case .destroy: "destroy"
        }
    }
}

extension DirectoryHold {
    /// What acquiring found out.
    struct Findings {
        var creates: Bool
        var comparator: String?
        var marker: DirectoryMarker?
    }

    /// What to tell somebody who has the directory already.
    static func heldHere(_ path: String, at place: Place) -> String {
        let other = path == place.path ? "" : " as \(path)"
        return "this process (\(currentProcess())) has the database open already\(other); use that handle, or close it"
    }

    /// What can be refused by the directory's names alone.
    static func look(
        _ listing: DirectoryListing, for use: DirectoryUse, at place: Place
    ) throws(StoreError) {
        if listing.isBackup && !listing.isDatabase {
            throw place.error(
                .invalidArgument, "this is a backup; make a database of it in a new directory with lvkv backup restore")
        }
        switch use {
        case .open(let createIfMissing, let errorIfExists, _):
            if errorIfExists && listing.hasData {
                throw place.error(.alreadyExists, "there is a database already; open it, or choose another directory")
            }
            if !createIfMissing && !listing.hasData && !listing.hasMarker {
                throw place.error(.notFound, "there is no database in this directory; create one, or check the path")
            }
            if !listing.hasData && !listing.hasMarker, let stranger = listing.stranger {
                throw place.error(
                    .invalidArgument,
                    "there is no database in this directory, and other files such as \(stranger) are; a new database "
                        + "goes into a directory of its own")
            }
        case .repair, .destroy:
            guard listing.isDatabase else {
                throw place.error(.notFound, "there is no database in this directory; check the path")
            }
        }
    }

    /// Whether the directory, locked now, may be used so.
    static func check(
        _ directory: borrowing OpenFile, _ listing: DirectoryListing, for use: DirectoryUse, at place: Place
    ) throws(StoreError) -> Findings {
        try look(listing, for: use, at: place)
        guard case .open = use else { return try checkForSurgery(directory, listing, for: use, at: place) }
        let marker = try DirectoryMarker.read(in: directory, at: place)
        guard listing.hasData else {
            if marker?.files != nil {
                throw place.error(
                    .wentBackwards,
                    "the database's files are gone, and \(DirectoryMarker.fileName) remembers them; put them back, or "
                        + "remove \(DirectoryMarker.fileName) to begin anew")
            }
            if case .open(createIfMissing: false, _, _) = use {
                throw place.error(.notFound, "there is no database in this directory; create one, or check the path")
            }
            return Findings(creates: true, marker: marker)
        }
        guard listing.isDatabase else {
            throw place.error(
                .corruption,
                "there is no database here, but \(listing.summary) that LevelDB would take for its own and delete; "
                    + "choose another directory, or move them away")
        }
        let check = try DirectoryCheck(directory, listing: listing, earlier: marker?.files, mends: true, at: place)
        return Findings(creates: false, comparator: check.comparator, marker: marker)
    }

    /// Repair and destroy take damaged databases, but neither one in use nor one of a newer version.
    private static func checkForSurgery(
        _ directory: borrowing OpenFile, _ listing: DirectoryListing, for use: DirectoryUse, at place: Place
    ) throws(StoreError) -> Findings {
        if let holder = LevelDBLock.holder(in: directory) {
            throw place.error(.locked, DirectoryLock.lockedMessage(holder: holder))
        }
        var marker: DirectoryMarker?
        do throws(StoreError) {
            marker = try DirectoryMarker.read(in: directory, at: place)
        } catch {
            if error.code != .corruption { throw error }
        }
        let check = try? DirectoryCheck(directory, listing: listing, earlier: nil, at: place)
        return Findings(creates: false, comparator: check?.comparator, marker: marker)
    }
}
