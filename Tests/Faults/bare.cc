// LevelDB without lvkv, for the two losses that lvkv is there to prevent.
//
//     bare write DIRECTORY COUNT    puts keys until COUNT of them are acknowledged; an error ends nothing, as in many
//                                   a program that logs it and goes on. Prints a line for each: ok or error.
//     bare fill DIRECTORY COUNT     puts COUNT keys, half of them into tables
//     bare count DIRECTORY          opens with create_if_missing, and prints how many keys there are
#include <leveldb/db.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

static std::unique_ptr<leveldb::DB> Open(const char* path) {
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* db = nullptr;
  leveldb::Status status = leveldb::DB::Open(options, path, &db);
  if (!status.ok()) {
    std::printf("open: %s\n", status.ToString().c_str());
    std::exit(1);
  }
  return std::unique_ptr<leveldb::DB>(db);
}

static std::string Key(int number) {
  char text[32];
  std::snprintf(text, sizeof text, "key%09d", number);
  return text;
}

int main(int count, char** words) {
  if (count < 3) return 64;
  std::string mode = words[1];
  int wanted = count > 3 ? std::atoi(words[3]) : 0;
  auto db = Open(words[2]);
  if (mode == "write") {
    for (int number = 0; number < wanted; number++) {
      leveldb::Status status = db->Put(leveldb::WriteOptions(), Key(number), std::string(200, 'v'));
      std::printf("%d %s\n", number, status.ok() ? "ok" : "error");
    }
  } else if (mode == "fill") {
    for (int number = 0; number < wanted; number++) {
      if (number == wanted / 2) db->CompactRange(nullptr, nullptr);
      if (!db->Put(leveldb::WriteOptions(), Key(number), std::string(200, 'v')).ok()) return 1;
    }
  } else {
    std::unique_ptr<leveldb::Iterator> keys(db->NewIterator(leveldb::ReadOptions()));
    for (keys->SeekToFirst(); keys->Valid(); keys->Next()) std::printf("%s\n", keys->key().ToString().c_str());
  }
}
