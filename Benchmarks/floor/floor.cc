// The floor under lvkv's figures: the same work straight over libleveldb's C++ interface.
//
//   floor WORK --db DIR [--entries N] [--cache BYTES] [--write-buffer BYTES] [--bloom BITS]
//              [--file FILE] [--lower KEY --upper KEY]
//
// Prints one JSON line: the operations, the wall and CPU time of the work alone, and a sum over what was
// read, so that the sides of a comparison can be held against each other.

#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "workload.h"

namespace {

using leveldb::Slice;

void Check(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

class Arguments {
 public:
  Arguments(int count, char** values) {
    if (count < 2 || count % 2 != 0) throw std::runtime_error("usage: floor WORK --option VALUE ...");
    work = values[1];
    for (int i = 2; i < count; i += 2) options_[values[i]] = values[i + 1];
  }

  std::string String(const std::string& name) const {
    auto found = options_.find(name);
    if (found == options_.end()) throw std::runtime_error(name + " is missing");
    return found->second;
  }

  size_t Number(const std::string& name, size_t otherwise) const {
    auto found = options_.find(name);
    return found == options_.end() ? otherwise : std::stoull(found->second);
  }

  std::string work;

 private:
  std::map<std::string, std::string> options_;
};

struct Store {
  explicit Store(const Arguments& arguments)
      : cache(leveldb::NewLRUCache(arguments.Number("--cache", 8 << 20))),
        filter(leveldb::NewBloomFilterPolicy(static_cast<int>(arguments.Number("--bloom", 10)))) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.write_buffer_size = arguments.Number("--write-buffer", 16 << 20);
    options.block_cache = cache.get();
    options.filter_policy = filter.get();
    leveldb::DB* opened = nullptr;
    Check(leveldb::DB::Open(options, arguments.String("--db"), &opened));
    db.reset(opened);
    read.verify_checksums = true;
  }

  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
  std::unique_ptr<leveldb::DB> db;
  leveldb::ReadOptions read;
};

// The CPU time of this process so far, LevelDB's background thread included.
double CpuNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

template <typename Body>
void Measure(const std::string& work, size_t operations, Body body) {
  const double cpu_before = CpuNanoseconds();
  const auto start = std::chrono::steady_clock::now();
  const uint64_t sum = body();
  const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - start;
  const double cpu = CpuNanoseconds() - cpu_before;
  std::printf("{\"work\":\"%s\",\"operations\":%zu,\"wall_ns\":%.1f,\"cpu_ns\":%.1f,\"sum\":%llu}\n",
              work.c_str(), operations, wall.count() / operations, cpu / operations,
              static_cast<unsigned long long>(sum));
}

uint64_t Fill(Store& store, const Keys& keys, Values& values) {
  const leveldb::WriteOptions options;
  for (size_t i = 0; i < keys.count(); i++) Check(store.db->Put(options, keys[i], values.Next()));
  return keys.count();
}

uint64_t Get(Store& store, const Keys& keys) {
  std::string value;
  uint64_t sum = 0;
  for (size_t i = 0; i < keys.count(); i++) {
    Check(store.db->Get(store.read, keys[i], &value));
    sum += value.size();
  }
  return sum;
}

uint64_t Weight(const leveldb::Iterator& cursor) {
  const Slice key = cursor.key();
  return key.size() + cursor.value().size() + static_cast<unsigned char>(key[key.size() - 1]);
}

uint64_t ScanForward(Store& store) {
  std::unique_ptr<leveldb::Iterator> cursor(store.db->NewIterator(store.read));
  uint64_t sum = 0;
  for (cursor->SeekToFirst(); cursor->Valid(); cursor->Next()) sum += Weight(*cursor);
  Check(cursor->status());
  return sum;
}

uint64_t ScanBackward(Store& store) {
  std::unique_ptr<leveldb::Iterator> cursor(store.db->NewIterator(store.read));
  uint64_t sum = 0;
  for (cursor->SeekToLast(); cursor->Valid(); cursor->Prev()) sum += Weight(*cursor);
  Check(cursor->status());
  return sum;
}

// What any reader of records has to do: every key and value between two keys.
uint64_t ScanRange(Store& store, const std::string& lower, const std::string& upper) {
  std::unique_ptr<leveldb::Iterator> cursor(store.db->NewIterator(store.read));
  uint64_t sum = 0;
  for (cursor->Seek(lower); cursor->Valid() && cursor->key().compare(upper) < 0; cursor->Next()) {
    sum += Weight(*cursor);
  }
  Check(cursor->status());
  return sum;
}

// A file of records, each a count and that many keys and values, all numbers 32 bits little endian.
class ParsedFile {
 public:
  explicit ParsedFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  bool AtEnd() const { return position_ == bytes_.size(); }

  uint32_t Number() {
    uint32_t number;
    std::memcpy(&number, Take(4).data(), 4);
    return number;
  }

  Slice Bytes() { return Take(Number()); }

 private:
  Slice Take(size_t count) {
    if (count > bytes_.size() - position_) throw std::runtime_error("the parsed file is cut short");
    position_ += count;
    return {&bytes_[position_ - count], count};
  }

  std::string bytes_;
  size_t position_ = 0;
};

uint64_t Load(Store& store, const std::string& path) {
  ParsedFile file(path);
  const leveldb::WriteOptions options;
  leveldb::WriteBatch batch;
  uint64_t records = 0;
  for (; !file.AtEnd(); records++) {
    batch.Clear();
    for (uint32_t fields = file.Number(); fields > 0; fields--) {
      const Slice key = file.Bytes();
      batch.Put(key, file.Bytes());
    }
    Check(store.db->Write(options, &batch));
  }
  return records;
}

// One number for all keys below FF and their values, in order: FNV-1a.
uint64_t Digest(Store& store) {
  uint64_t hash = 0xCBF29CE484222325u;
  const auto add = [&hash](const Slice& bytes) {
    for (size_t i = 0; i < bytes.size(); i++) hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001B3u;
    hash = (hash ^ 0x100) * 0x100000001B3u;
  };
  std::unique_ptr<leveldb::Iterator> cursor(store.db->NewIterator(store.read));
  for (cursor->SeekToFirst(); cursor->Valid() && cursor->key().compare("\xFF") < 0; cursor->Next()) {
    add(cursor->key());
    add(cursor->value());
  }
  Check(cursor->status());
  return hash;
}

void Run(const Arguments& arguments) {
  const std::string& work = arguments.work;
  const size_t entries = arguments.Number("--entries", 1000000);
  Store store(arguments);
  if (work == "fillseq" || work == "fillrandom") {
    const Keys keys(work == "fillseq" ? Keys::Sequential(entries) : Keys::Shuffled(entries, 1));
    Values values;
    Measure(work, entries, [&] { return Fill(store, keys, values); });
  } else if (work == "readrandom") {
    const Keys keys(Keys::Shuffled(entries, 2));
    Measure(work, entries, [&] { return Get(store, keys); });
  } else if (work == "readseq") {
    Measure(work, entries, [&] { return ScanForward(store); });
  } else if (work == "readreverse") {
    Measure(work, entries, [&] { return ScanBackward(store); });
  } else if (work == "records") {
    const std::string lower = arguments.String("--lower"), upper = arguments.String("--upper");
    Measure(work, entries, [&] { return ScanRange(store, lower, upper); });
  } else if (work == "import") {
    const std::string path = arguments.String("--file");
    Measure(work, entries, [&] { return Load(store, path); });
  } else if (work == "digest") {
    Measure(work, 1, [&] { return Digest(store); });
  } else if (work == "compact") {
    Measure(work, 1, [&] {
      store.db->CompactRange(nullptr, nullptr);
      return 0;
    });
  } else {
    throw std::runtime_error("unknown work " + work);
  }
}

}  // namespace

int main(int count, char** values) {
  try {
    Run(Arguments(count, values));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "floor: %s\n", error.what());
    return 1;
  }
}
