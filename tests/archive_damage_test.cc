// Archives that are cut, flipped, joined and padded: whatever is whole before the damage is given, nothing is invented,
// and something is always said.
#include <map>

#include "archive_bytes.h"

namespace convnext {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kLong(150, 'l');

struct Original {
  std::string bytes;
  std::vector<std::string> keys, pictures;
  std::vector<size_t> picture_ends;  // bytes of the tar with which each picture is whole
};

// Samples with a member before and behind the picture, with names that need headers of their own.
Original MakeOriginal() {
  Original original;
  const auto add = [&original](const std::string& member, const std::string& key, const std::string& picture) {
    original.bytes += member;
    original.keys.push_back(key);
    original.pictures.push_back(picture);
    original.picture_ends.push_back(original.bytes.size() - RoundUp(picture.size(), size_t{512}) + picture.size());
  };
  const std::string pictures[] = {Noise(700, 1), Noise(512, 2), Noise(30, 3), Noise(1, 4)};
  add(TarMember("d/a.jpg", pictures[0]), "d/a", pictures[0]);
  original.bytes += TarMember("d/a.json", "{\"a\": 1}");
  original.bytes += TarMember("d/b.txt", "text");
  add(TarMember("d/b.png", pictures[1]), "d/b", pictures[1]);
  add(TarMember(kLong + ".jpg", pictures[2]), kLong, pictures[2]);
  add(PaxMember("p.webp", pictures[3]), "p", pictures[3]);
  return original;
}

class ArchiveDamageTest : public testing::Test {
 protected:
  ReadArchive ReadBytes(const std::string& bytes, const SampleOptions& options = {}) {
    std::filesystem::remove(path_);  // a file that is cut to nothing and written again waits for the disk
    WriteText(path_, bytes);
    return ReadSamples(path_, options);
  }
  // What is given is the beginning of the original.
  void ExpectBeginning(ReadArchive read, bool contents = true) const {
    DropLastWithoutPicture(read);
    ASSERT_LE(read.samples.size(), original_.keys.size());
    for (size_t i = 0; i < read.samples.size(); ++i) {
      EXPECT_EQ(read.samples[i].key, original_.keys[i]);
      EXPECT_FALSE(read.samples[i].problem) << read.samples[i].problem->message();
      EXPECT_EQ(TextOf(read.samples[i].picture), contents ? original_.pictures[i] : "");
    }
  }
  // Cut between members a tar only lacks its end marker, and the last sample its picture.
  static void DropLastWithoutPicture(ReadArchive& read) {
    if (read.damage || read.samples.empty() || !read.samples.back().problem) return;
    EXPECT_THAT(read.warnings, ElementsAre(HasSubstr("no end marker")));
    EXPECT_EQ(read.samples.back().problem->kind(), "sample.no_picture");
    read.samples.pop_back();
  }
  size_t WholeIn(size_t bytes) const {
    size_t count = 0;
    for (const size_t end : original_.picture_ends) count += end <= bytes ? 1 : 0;
    return count;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "a";
  const Original original_ = MakeOriginal();
  const std::string tar_ = original_.bytes + TarEnd();
};

TEST_F(ArchiveDamageTest, ATarCutAtEveryByte) {
  for (size_t size = 1; size < tar_.size(); ++size) {
    SCOPED_TRACE(size);
    for (const bool contents : {true, false}) {
      ReadArchive read = ReadBytes(tar_.substr(0, size), {.contents = contents});
      ExpectBeginning(read, contents);
      DropLastWithoutPicture(read);
      EXPECT_EQ(read.samples.size(), size < 512 ? 0 : WholeIn(size));
      EXPECT_TRUE(!read.opened.ok() || read.damage || !read.warnings.empty());
      if (read.damage) {
        EXPECT_EQ(read.damage->kind(), "archive.cut") << read.damage->message();
        EXPECT_EQ(read.damage_offset, static_cast<int64_t>(size)) << read.damage->message();
        EXPECT_THAT(read.damage->message(), HasSubstr(std::to_string(size)));
      }
    }
    if (testing::Test::HasFailure()) return;
  }
}

// With what is carried: the sample before the damage is left out unless it has all of it.
TEST_F(ArchiveDamageTest, ACutTarInventsNothing) {
  for (size_t size = 512; size < tar_.size(); size += 13) {
    SCOPED_TRACE(size);
    const ReadArchive read = ReadBytes(tar_.substr(0, size), {.carry = {"json"}});
    ExpectBeginning(read);
    for (const Sample& sample : read.samples) {
      if (!read.damage) continue;  // cut between members, with a warning
      EXPECT_EQ(sample.carried.size(), sample.key == "d/a" ? 1U : 0U);
      for (const SampleFile& file : sample.carried) EXPECT_EQ(TextOf(file.bytes), "{\"a\": 1}");
    }
    if (testing::Test::HasFailure()) return;
  }
}

// What zlib gives of a cut stream, in one call.
size_t UnpackedBytes(const std::string& gzip) {
  z_stream stream{};
  ::inflateInit2(&stream, 16 + MAX_WBITS);
  std::string bytes(size_t{1} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  ::inflate(&stream, Z_SYNC_FLUSH);
  ::inflateEnd(&stream);
  return bytes.size() - stream.avail_out;
}

TEST_F(ArchiveDamageTest, GzipCutAtEveryByte) {
  const std::string gzip = Gzip(tar_);
  for (size_t size = 1; size < gzip.size(); ++size) {
    SCOPED_TRACE(size);
    const ReadArchive read = ReadBytes(gzip.substr(0, size));
    ExpectBeginning(read);
    EXPECT_EQ(read.damage_kind(), size == 1 ? "archive.unreadable" : "archive.cut");
    const size_t unpacked = UnpackedBytes(gzip.substr(0, size));
    EXPECT_EQ(read.samples.size(), unpacked < 512 ? 0 : WholeIn(unpacked));
    if (testing::Test::HasFailure()) return;
  }
}

TEST_F(ArchiveDamageTest, ZstdCutAtEveryByte) {
  const std::string zstd = Zstd(original_.bytes.substr(0, 4096)) + Zstd(tar_.substr(4096));
  size_t most = 0;
  for (size_t size = 4; size < zstd.size(); ++size) {
    SCOPED_TRACE(size);
    const ReadArchive read = ReadBytes(zstd.substr(0, size));
    ExpectBeginning(read);
    EXPECT_TRUE(read.damage || !read.opened.ok() || !read.warnings.empty());
    EXPECT_GE(read.samples.size(), most);
    most = std::max(most, read.samples.size());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(most, original_.keys.size());
}

// Samples may be read before the sum behind them is: then the damage is said.
TEST_F(ArchiveDamageTest, FlippedBytesOfStreamsAreFound) {
  for (const std::string& packed : {Gzip(tar_), Zstd(tar_)}) {
    for (size_t at = 0; at < packed.size(); ++at) {
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      const ReadArchive read = ReadBytes(flipped);
      bool differs = read.samples.size() != original_.keys.size();
      for (size_t i = 0; i < read.samples.size() && !differs; ++i)
        differs = read.samples[i].problem || TextOf(read.samples[i].picture) != original_.pictures[i];
      EXPECT_TRUE(!differs || read.damage || !read.opened.ok()) << at;
    }
  }
}

TEST_F(ArchiveDamageTest, FlippedBytesOfATar) {
  for (size_t at = 0; at < original_.bytes.size(); at += 5) {
    std::string flipped = tar_;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    const ReadArchive read = ReadBytes(flipped);
    EXPECT_LE(read.samples.size(), original_.keys.size() + 1) << at;
    if (!read.damage) continue;
    EXPECT_EQ(read.damage->kind(), "archive.damaged");
    EXPECT_LE(read.damage_offset, static_cast<int64_t>(at));
    EXPECT_GT(read.damage_offset + 2048, static_cast<int64_t>(at));
    ExpectBeginning(read);
  }
}

TEST_F(ArchiveDamageTest, ADamagedHeaderLeavesWhatIsBefore) {
  std::string tar = tar_;
  tar[tar.find("d/b.png")] = 'X';
  const ReadArchive read = ReadBytes(tar);
  EXPECT_THAT(read.Keys(), ElementsAre("d/a"));
  EXPECT_EQ(read.damage_kind(), "archive.damaged");
  EXPECT_EQ(read.damage_offset, static_cast<int64_t>(tar_.find("d/b.png")));
}

TEST_F(ArchiveDamageTest, TarsOneBehindTheOther) {
  const std::string second = Tar({{"x.jpg", "x"}, {"d/a.png", "again"}});
  for (const std::string& padding : {std::string(), std::string(512, '\0'), std::string(200'000, '\0')}) {
    const std::string joined = tar_ + Padded(padding) + second;
    for (const auto& bytes : {joined, Gzip(joined), Gzip(tar_) + Gzip(Padded(padding) + second), Zstd(joined)}) {
      const ReadArchive read = ReadBytes(bytes);
      ASSERT_THAT(read.samples, SizeIs(6));
      EXPECT_FALSE(read.damage);
      EXPECT_THAT(read.warnings, IsEmpty());
      EXPECT_EQ(read.samples[4].offset, static_cast<int64_t>(tar_.size() + Padded(padding).size()));
      EXPECT_EQ(read.samples[5].problem->kind(), "sample.duplicate_key");
    }
  }
}

TEST_F(ArchiveDamageTest, TrailingBytesThatAreNoTar) {
  for (const std::string& rest : {std::string("garbage"), Noise(3000, 5), std::string(600, '\0') + Noise(100'000, 6)}) {
    const ReadArchive read = ReadBytes(tar_ + rest);
    EXPECT_THAT(read.samples, SizeIs(4));
    EXPECT_FALSE(read.damage) << read.damage->message();
    const size_t zeros = rest[0] == '\0' ? 512 : 0;
    EXPECT_THAT(read.warnings, ElementsAre(HasSubstr(fmt::format("from byte {}, is no tar", tar_.size() + zeros))));
  }
  for (const auto& [packed, name] : {std::pair(Gzip(tar_), "gzip"), std::pair(Zstd(tar_), "zstd")}) {
    const ReadArchive read = ReadBytes(packed + "garbage");
    EXPECT_THAT(read.samples, SizeIs(4));
    EXPECT_FALSE(read.damage);
    EXPECT_THAT(read.warnings,
                ElementsAre(HasSubstr(fmt::format("byte {} of the file is no {}", packed.size(), name))));
  }
}

TEST_F(ArchiveDamageTest, EndMarkers) {
  EXPECT_THAT(ReadBytes(original_.bytes).warnings, ElementsAre(HasSubstr("no end marker at byte")));
  EXPECT_THAT(ReadBytes(original_.bytes + std::string(100, '\0')).warnings,
              ElementsAre(HasSubstr("half an end marker")));
  EXPECT_THAT(ReadBytes(original_.bytes + std::string(512, '\0')).warnings,
              ElementsAre(HasSubstr("half an end marker")));
  EXPECT_THAT(ReadBytes(tar_ + std::string(9000, '\0')).warnings, IsEmpty());
}

// A header before the one of its member, and no member.
TEST_F(ArchiveDamageTest, HeadersOfNothing) {
  const std::string lone = PaxMember("p.webp", "").substr(0, 1024);
  const ReadArchive cut = ReadBytes(original_.bytes + lone);
  EXPECT_EQ(cut.damage_kind(), "archive.cut");
  EXPECT_THAT(cut.samples, SizeIs(4));
  const ReadArchive ended = ReadBytes(original_.bytes + lone + TarEnd());
  EXPECT_EQ(ended.damage_kind(), "archive.damaged");
  EXPECT_EQ(ended.damage_offset, static_cast<int64_t>(original_.bytes.size()));
  std::string many = original_.bytes;
  for (int i = 0; i < 100; ++i) many += lone;
  EXPECT_EQ(ReadBytes(many + TarEnd()).damage_kind(), "archive.damaged");
}

TEST_F(ArchiveDamageTest, SizesThatLie) {
  for (const char* size :
       {"77777777777", "-0000000001", "zzzzzzzzzzz", "00000077777", "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff"}) {
    const ReadArchive read = ReadBytes(original_.bytes + TarHeader("x.jpg", size) + TarEnd());
    EXPECT_GE(read.samples.size(), 4U) << size;
    for (const bool contents : {true, false})
      EXPECT_LE(ReadBytes(TarHeader("x.jpg", size) + TarEnd(), {.contents = contents}).samples.size(), 1U);
  }
}

TEST_F(ArchiveDamageTest, AZipCutAtEveryByte) {
  NamesAndBytes members;
  for (size_t i = 0; i < 4; ++i) members.emplace_back(original_.keys[i] + ".jpg", original_.pictures[i]);
  for (const char* options : {"compression=deflate", "compression=store"}) {
    const std::string zip = Zip(members, options);
    for (size_t size = 4; size < zip.size(); ++size) {
      SCOPED_TRACE(size);
      const ReadArchive read = ReadBytes(zip.substr(0, size));
      ExpectBeginning(read);
      EXPECT_EQ(read.damage_kind(), "archive.cut");
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_THAT(ReadBytes(zip.substr(0, zip.size() - 1)).samples, SizeIs(4));
  }
}

// The sum of each member is checked: another picture is never given. The others of the zip are.
TEST_F(ArchiveDamageTest, FlippedBytesOfAZip) {
  const NamesAndBytes members = {{"a.jpg", original_.pictures[0]}, {"b.jpg", original_.pictures[1]}};
  const std::map<std::string, std::string> pictures(members.begin(), members.end());
  const std::string zip = Zip(members, "compression=store");
  for (size_t at = 0; at < zip.size(); ++at) {
    std::string flipped = zip;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    for (const Sample& sample : ReadBytes(flipped).samples) {
      if (sample.problem || pictures.count(sample.picture_name) == 0) continue;  // a name has no sum
      EXPECT_EQ(TextOf(sample.picture), pictures.at(sample.picture_name)) << at;
    }
  }
  std::string flipped = zip;
  flipped[zip.find(original_.pictures[0]) + 10] ^= 1;
  const ReadArchive read = ReadBytes(flipped);
  ASSERT_THAT(read.Keys(), ElementsAre("a", "b"));
  EXPECT_EQ(read.samples[0].problem->kind(), "sample.damaged");
  EXPECT_FALSE(read.samples[1].problem);
}

// 64 MiB of zeros in a few KiB: held by the limit, and passed over.
TEST_F(ArchiveDamageTest, ABombIsHeldByTheLimits) {
  const size_t size = size_t{64} << 20;
  const std::string tar =
      TarHeader("a.jpg", Octal(size)) + std::string(size, '\0') + TarMember("b.jpg", "b") + TarEnd();
  const ReadArchive read = ReadBytes(Zstd(tar), {.max_picture_bytes = 1 << 20});
  ASSERT_THAT(read.samples, SizeIs(2));
  EXPECT_EQ(read.samples[0].problem->kind(), "sample.too_large");
  EXPECT_EQ(TextOf(read.samples[1].picture), "b");
}

}  // namespace
}  // namespace convnext
