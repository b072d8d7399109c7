// Archives that are cut off, damaged, or followed by something: no sample is lost that is whole, and none differs.
#include "convnext/archive/archive.h"
#include "tar_writer.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Seen {
  std::vector<std::string> pictures;
  std::optional<Status> damage;
  int64_t offset = 0;
  std::vector<std::string> warnings;
};

class ArchiveDamageTest : public testing::Test {
 protected:
  Seen Read(const std::string& archive, bool contents = true) {
    WriteText(path_, archive);
    const auto reader = SampleReader::Open(path_, {.contents = contents});
    if (!reader.ok()) return {{}, reader.status(), 0, {}};
    Seen seen;
    while (const auto sample = (*reader)->Next()) {
      seen.pictures.push_back(
          sample->key + ":" +
          std::string(reinterpret_cast<const char*>(sample->picture.data()), sample->picture.size()));
    }
    seen.damage = (*reader)->damage();
    seen.offset = (*reader)->damage_offset();
    seen.warnings = (*reader)->warnings();
    return seen;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "a.tar";
};

const TarMembers kMembers = {{"0.jpg", std::string(700, 'a')}, {"1.jpg", std::string(512, 'b')}, {"2.jpg", "c"}};
const size_t kEnds[] = {512 + 1024, 1536 + 1024, 2560 + 1024};  // of the members with their blocks

// Every byte at which a tar may end: all samples before are there, and the end is said.
TEST_F(ArchiveDamageTest, ATarCutAnywhere) {
  const std::string tar = TarOf(kMembers);
  for (size_t length = 1; length < tar.size(); ++length) {
    const bool contents = length % 2 == 0;
    const Seen seen = Read(tar.substr(0, length), contents);
    size_t whole = 0;
    for (size_t i = 0; i < 3; ++i) whole += length >= kEnds[i] ? 1 : 0;
    ASSERT_GE(seen.pictures.size(), whole) << length;
    ASSERT_LE(seen.pictures.size(), whole + 1) << length;  // a cut within the zeros that fill a block costs nothing
    for (size_t i = 0; contents && i < seen.pictures.size(); ++i)
      ASSERT_EQ(seen.pictures[i], std::to_string(i) + ":" + kMembers[i].second) << length;
    if (length < kEnds[2] + 512) {
      ASSERT_TRUE(seen.damage || !seen.warnings.empty()) << length;
    }
    if (length == kEnds[2]) {
      EXPECT_THAT(seen.warnings, ElementsAre(HasSubstr("without an end marker at byte 3584")));
    }
  }
}

TEST_F(ArchiveDamageTest, TheOffsetIsThatOfTheMemberThatIsNotWhole) {
  const Seen seen = Read(TarOf(kMembers).substr(0, 1536 + 600));
  EXPECT_THAT(seen.pictures, SizeIs(1));
  ASSERT_TRUE(seen.damage);
  EXPECT_EQ(seen.damage->kind(), "archive.cut");
  EXPECT_THAT(seen.damage->message(), HasSubstr("cut off at byte 1536 "));
  EXPECT_EQ(seen.offset, 1536);
}

TEST_F(ArchiveDamageTest, ADamagedHeader) {
  std::string tar = TarOf(kMembers);
  tar[1536 + 5] ^= 1;
  const Seen seen = Read(tar);
  EXPECT_THAT(seen.pictures, SizeIs(1));
  ASSERT_TRUE(seen.damage);
  EXPECT_EQ(seen.damage->kind(), "archive.damaged");
  EXPECT_EQ(seen.offset, 1536);
}

TEST_F(ArchiveDamageTest, ConcatenatedTarsAreReadOn) {
  const Seen seen = Read(TarOf(kMembers) + TarOf({{"3.jpg", "d"}}));
  EXPECT_THAT(seen.pictures, SizeIs(4));
  EXPECT_FALSE(seen.damage);
  EXPECT_THAT(seen.warnings, IsEmpty());
}

TEST_F(ArchiveDamageTest, WhatFollowsTheEndMarkerIsNamed) {
  const Seen seen = Read(TarOf(kMembers) + std::string(3000, 'x'));
  EXPECT_THAT(seen.pictures, SizeIs(3));
  EXPECT_FALSE(seen.damage) << seen.damage->message();
  EXPECT_THAT(seen.warnings, ElementsAre(HasSubstr("behind its end marker")));
}

// Compressed: whatever byte it ends at, what comes out is the beginning.
TEST_F(ArchiveDamageTest, ACompressedTarCutAnywhere) {
  std::string noise(3000, '\0');
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(Splitmix64(i));
  const TarMembers members = {
      {"0.jpg", noise.substr(0, 1000)}, {"1.jpg", noise.substr(1000, 1000)}, {"2.jpg", noise.substr(2000)}};
  for (const std::string program : {"gzip", "zstd"}) {
    WriteText(directory_ / "plain", TarOf(members));
    if (std::system(
            (program + " -c <" + (directory_ / "plain") + " >" + (directory_ / "packed") + " 2>/dev/null").c_str()) !=
        0)
      continue;
    const std::string packed = ReadText(directory_ / "packed");
    EXPECT_THAT(Read(packed).pictures, SizeIs(3)) << program;
    for (size_t length = 1; length < packed.size(); length += 13) {
      const Seen seen = Read(packed.substr(0, length));
      for (size_t i = 0; i < seen.pictures.size(); ++i)
        ASSERT_EQ(seen.pictures[i], std::to_string(i) + ":" + members[i].second) << program << length;
      ASSERT_TRUE(seen.damage || seen.pictures.size() == 3) << program << length;
    }
  }
}

// Any byte that changes: it ends, and what a sample has is bounded.
TEST_F(ArchiveDamageTest, AnyChangedByteEnds) {
  const std::string tar = TarOf({{"0.jpg", "a"}, {"1.jpg", "b"}});
  for (size_t i = 0; i < tar.size(); i += 3) {
    std::string changed = tar;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    EXPECT_LE(Read(changed).pictures.size(), 3U);
  }
}

}  // namespace
}  // namespace convnext
