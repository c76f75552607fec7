// The floor under lvkv's figures: the same work straight over libleveldb's C++ interface.
//
//   floor WORK --db DIR [--entries N] [--cache BYTES] [--write-buffer BYTES] [--bloom BITS]
//              [--file FILE] [--batch RECORDS] [--lower KEY --upper KEY] [--keys N --prefix TEXT]
//
// Prints one JSON line: the operations, the wall and CPU time of the work alone, and a sum over what was
// read, so that the sides of a comparison can be held against each other.

#include <cstdio>
#include <memory>

#include <leveldb/write_batch.h>

#include "harness.h"
#include "indexed.h"
#include "packages.h"
#include "store.h"
#include "workload.h"

namespace {

using leveldb::Slice;

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

// Reads random ones of keys that are a prefix and twelve digits, as a load of the server names them.
uint64_t GetRandom(Store& store, size_t reads, uint64_t keys, const std::string& prefix) {
  Random random(1);
  std::string value;
  uint64_t sum = 0;
  char digits[24];
  for (size_t i = 0; i < reads; i++) {
    snprintf(digits, sizeof digits, "%012llu", static_cast<unsigned long long>(random.Next() % keys));
    Check(store.db->Get(store.read, prefix + digits, &value));
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

// Writes a file of records, each a count and that many keys and values, in batches of so many records.
uint64_t Load(Store& store, const std::string& path, size_t batch_size) {
  SizedFile file(path);
  const leveldb::WriteOptions options;
  leveldb::WriteBatch batch;
  uint64_t records = 0;
  while (!file.AtEnd()) {
    for (uint32_t left = file.Number(); left > 0; left--) {
      const Slice key = file.Bytes().value();
      batch.Put(key, file.Bytes().value());
    }
    records++;
    if (records % batch_size != 0 && !file.AtEnd()) continue;
    Check(store.db->Write(options, &batch));
    batch.Clear();
  }
  return records;
}

// One number for all keys below FF, the entries of indexes, and their values, in order: FNV-1a.
uint64_t Digest(Store& store) {
  uint64_t hash = 0xCBF29CE484222325u;
  const auto add = [&hash](const Slice& bytes) {
    for (size_t i = 0; i < bytes.size(); i++) hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001B3u;
    hash = (hash ^ 0x100) * 0x100000001B3u;
  };
  std::unique_ptr<leveldb::Iterator> cursor(store.db->NewIterator(store.read));
  const auto add_range = [&](const Slice& lower, const Slice& upper) {
    for (cursor->Seek(lower); cursor->Valid() && cursor->key().compare(upper) < 0; cursor->Next()) {
      add(cursor->key());
      add(cursor->value());
    }
    Check(cursor->status());
  };
  add_range("", "\xFF");
  add_range(Indexed::kEntries, Indexed::kBeyondEntries);
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
  } else if (work == "getrandom") {
    const size_t count = arguments.Number("--keys", entries);
    const std::string prefix = arguments.String("--prefix");
    GetRandom(store, entries / 2, count, prefix);  // fills the cache
    Measure(work, entries, [&] { return GetRandom(store, entries, count, prefix); });
  } else if (work == "readseq") {
    Measure(work, entries, [&] { return ScanForward(store); });
  } else if (work == "readreverse") {
    Measure(work, entries, [&] { return ScanBackward(store); });
  } else if (work == "records") {
    const std::string lower = arguments.String("--lower"), upper = arguments.String("--upper");
    Measure(work, entries, [&] { return ScanRange(store, lower, upper); });
  } else if (work == "import") {
    const std::string path = arguments.String("--file");
    const size_t batch = arguments.Number("--batch", 1);
    Measure(work, entries, [&] { return Load(store, path, batch); });
  } else if (Indexed::Knows(work)) {
    const Packages packages(arguments.String("--file"));
    Indexed(store, packages).Run(work);
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
