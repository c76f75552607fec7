// The same packages in SQLite, as a program that knows it well would keep them.
//
//   sqlite WORK --db DIR --file FILE [--batch RECORDS] [--cache BYTES] [--exclusive 1] [--warm 1]
//
// WAL with synchronous=NORMAL, which survives what a buffered write of lvkv survives: a kill of the process. The
// table has no rowid, so that a section's packages lie together; statements are prepared once. With --exclusive the
// file is locked once for good, as LevelDB locks its directory, and not for each transaction. With --warm a section's
// work is done once before it is measured. Prints what floor prints.

#include <sqlite3.h>
#include <sys/stat.h>

#include <memory>

#include "harness.h"
#include "packages.h"

namespace {

class Database {
 public:
  Database(const std::string& directory, size_t cache, bool is_exclusive) {
    mkdir(directory.c_str(), 0777);
    Check(sqlite3_open((directory + "/packages.sqlite").c_str(), &handle));
    if (is_exclusive) Execute("PRAGMA locking_mode = EXCLUSIVE");
    Execute("PRAGMA journal_mode = WAL");
    Execute("PRAGMA synchronous = NORMAL");
    Execute("PRAGMA cache_size = -" + std::to_string(cache >> 10));
    Execute(
        "CREATE TABLE IF NOT EXISTS package (section TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, "
        "architecture TEXT NOT NULL, priority TEXT, installed_size INTEGER, maintainer TEXT, description TEXT, "
        "depends TEXT, PRIMARY KEY (section, name)) WITHOUT ROWID");
    Execute("CREATE UNIQUE INDEX IF NOT EXISTS byName ON package (name)");
    Execute("CREATE INDEX IF NOT EXISTS byMaintainer ON package (maintainer, version)");
  }

  ~Database() { sqlite3_close(handle); }

  void Check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
      throw std::runtime_error(std::string("sqlite: ") + sqlite3_errmsg(handle));
    }
  }

  void Execute(const std::string& sql) { Check(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr)); }

  sqlite3* handle = nullptr;
};

// A package as a program has it.
struct Row {
  std::string section, name, version, architecture, priority, maintainer, description, depends;
  std::optional<int64_t> installed_size;

  // The lengths of all texts, and the number.
  uint64_t Weight() const {
    return section.size() + name.size() + version.size() + architecture.size() + priority.size() +
           maintainer.size() + description.size() + depends.size() + installed_size.value_or(0);
  }
};

class Statement {
 public:
  Statement(Database& database, const char* sql) : database_(database) {
    database.Check(sqlite3_prepare_v3(database.handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
  }

  ~Statement() { sqlite3_finalize(handle_); }

  void Bind(int position, const leveldb::Slice& text) {
    database_.Check(
        sqlite3_bind_text(handle_, position, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
  }
  void Bind(int position, int64_t number) { database_.Check(sqlite3_bind_int64(handle_, position, number)); }
  void BindNull(int position) { database_.Check(sqlite3_bind_null(handle_, position)); }

  bool Step() {
    const int code = sqlite3_step(handle_);
    database_.Check(code);
    return code == SQLITE_ROW;
  }

  void Reset() { sqlite3_reset(handle_); }

  // Reads the row into a value of its own, as whoever goes on with it has to.
  Row Read() {
    Row row;
    row.section = Text(0);
    row.name = Text(1);
    row.version = Text(2);
    row.architecture = Text(3);
    row.priority = Text(4);
    if (sqlite3_column_type(handle_, 5) != SQLITE_NULL) row.installed_size = sqlite3_column_int64(handle_, 5);
    row.maintainer = Text(6);
    row.description = Text(7);
    row.depends = Text(8);
    return row;
  }

  // What Read().Weight() is, without a value of its own: as much as a program needs that looks at a row and goes on.
  uint64_t Weigh() {
    uint64_t sum = 0;
    for (int column = 0; column < static_cast<int>(Package::kColumns); column++) {
      if (column == Package::kInstalledSize) {
        sum += sqlite3_column_int64(handle_, column);
      } else if (sqlite3_column_text(handle_, column) != nullptr) {
        sum += sqlite3_column_bytes(handle_, column);
      }
    }
    return sum;
  }

  // The rows that the statement gives for `text`, added up.
  uint64_t Weights(const leveldb::Slice& text, bool is_lent = false) {
    Bind(1, text);
    uint64_t sum = 0;
    while (Step()) sum += is_lent ? Weigh() : Read().Weight();
    Reset();
    return sum;
  }

 private:
  std::string Text(int column) {
    const unsigned char* text = sqlite3_column_text(handle_, column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
  }

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

uint64_t Insert(Database& database, const std::vector<Package>& packages, size_t batch) {
  Statement begin(database, "BEGIN"), commit(database, "COMMIT");
  Statement insert(database, "INSERT INTO package VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (size_t i = 0; i < packages.size(); i++) {
    if (batch > 1 && i % batch == 0) {
      begin.Step();
      begin.Reset();
    }
    for (int column = 0; column < static_cast<int>(Package::kColumns); column++) {
      const auto& value = packages[i].columns[column];
      if (!value) {
        insert.BindNull(column + 1);
      } else if (column == Package::kInstalledSize) {
        insert.Bind(column + 1, std::atoll(value->ToString().c_str()));
      } else {
        insert.Bind(column + 1, *value);
      }
    }
    insert.Step();
    insert.Reset();
    if (batch > 1 && (i % batch == batch - 1 || i == packages.size() - 1)) {
      commit.Step();
      commit.Reset();
    }
  }
  return packages.size();
}

uint64_t Lookup(Database& database, const std::vector<const Package*>& order) {
  Statement select(database, "SELECT * FROM package WHERE name = ?");
  uint64_t sum = 0;
  for (const Package* package : order) sum += select.Weights(*package->columns[Package::kName]);
  return sum;
}

uint64_t Each(Database& database, const char* sql, const std::vector<std::string>& values, bool is_lent = false) {
  Statement select(database, sql);
  uint64_t sum = 0;
  for (const std::string& value : values) sum += select.Weights(value, is_lent);
  return sum;
}

uint64_t Filter(Database& database) {
  Statement select(database, "SELECT * FROM package WHERE installed_size > ?");
  select.Bind(1, Packages::kLarge);
  uint64_t sum = 0;
  while (select.Step()) sum += select.Read().Weight();
  return sum;
}

void Run(const Arguments& arguments) {
  const std::string& work = arguments.work;
  Database database(arguments.String("--db"), arguments.Number("--cache", 8 << 20),
                    arguments.Number("--exclusive", 0) != 0);
  const Packages packages(arguments.String("--file"));
  const size_t count = packages.all().size();
  if (work == "insert") {
    Measure(work, count, [&] { return Insert(database, packages.all(), arguments.Number("--batch", 1)); });
  } else if (work == "make") {
    Insert(database, packages.all(), 1000);
    database.Execute("ANALYZE");
    database.Execute("VACUUM");
    database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  } else if (work == "lookup") {
    const auto order = packages.Shuffled();
    Measure(work, count, [&] { return Lookup(database, order); });
  } else if (work == "section" || work == "section-lent") {
    const auto sections = packages.Distinct(Package::kSection);
    const auto read = [&] {
      return Each(database, "SELECT * FROM package WHERE section = ?", sections, work == "section-lent");
    };
    if (arguments.Number("--warm", 0) != 0) read();
    Measure(work, count, read);
  } else if (work == "maintainer") {
    const auto maintainers = packages.Distinct(Package::kMaintainer);
    Measure(work, count, [&] { return Each(database, "SELECT * FROM package WHERE maintainer = ?", maintainers); });
  } else if (work == "filter") {
    Measure(work, count, [&] { return Filter(database); });
  } else {
    throw std::runtime_error("unknown work " + work);
  }
}

}  // namespace

int main(int count, char** values) {
  try {
    Run(Arguments(count, values));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite: %s\n", error.what());
    return 1;
  }
}
