// Archives as samples of webdataset 1.0.2.
#include "convnext/archive/archive.h"

#include "convnext/archive/sample_name.h"
#include "tar_writer.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string TextOf(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ArchiveTest : public testing::Test {
 protected:
  // One line a sample: "key=picture", or "key!kind", with "+extension:contents" of what is carried.
  std::vector<std::string> Lines(const std::string& archive, SampleOptions options = {.carry = {"txt"}}) {
    WriteText(path_, archive);
    const auto reader = ValueOrThrow(SampleReader::Open(path_, options));
    std::vector<std::string> lines;
    while (const auto sample = reader->Next()) {
      std::string line = sample->key;
      line += sample->problem ? "!" + std::string(sample->problem->kind()) : "=" + TextOf(sample->picture);
      for (const SampleFile& file : sample->carried) line += "+" + file.extension + ":" + TextOf(file.bytes);
      lines.push_back(line);
    }
    warnings_ = reader->warnings();
    damage_ = reader->damage();
    return lines;
  }

  std::string Compressed(const std::string& archive, const std::string& program) {
    WriteText(directory_ / "plain", archive);
    EXPECT_EQ(std::system((program + " <" + (directory_ / "plain") + " >" + (directory_ / "packed")).c_str()), 0);
    return ReadText(directory_ / "packed");
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "a.tar";
  std::vector<std::string> warnings_;
  std::optional<Status> damage_;
};

const TarMembers kThree = {{"0.jpg", "zero"}, {"0.txt", "0"}, {"1.JPG", "one"}, {"2.txt", "2"}, {"2.png", "two"}};

TEST_F(ArchiveTest, EveryFormHasTheSameSamples) {
  const std::string tar = TarOf(kThree);
  for (const std::string& archive : {tar, Compressed(tar, "gzip"), tar.substr(0, tar.size() - 512)}) {
    EXPECT_THAT(Lines(archive), ElementsAre("0=zero+txt:0", "1=one", "2=two+txt:2"));
    EXPECT_THAT(warnings_, IsEmpty());
    EXPECT_FALSE(damage_);
  }
}

TEST_F(ArchiveTest, ZipHasTheSameSamples) {
  const std::string make = "/usr/bin/python3 -c \"import zipfile\nz = zipfile.ZipFile('" + (directory_ / "a.zip") +
                           "', 'w', zipfile.ZIP_DEFLATED)\nfor n, c in (('0.jpg', 'zero'), ('0.txt', '0'), ('d/1.png', "
                           "'one')): z.writestr(n, c)\nz.close()\"";
  ASSERT_EQ(std::system(make.c_str()), 0);
  EXPECT_THAT(Lines(ReadText(directory_ / "a.zip")), ElementsAre("0=zero+txt:0", "d/1=one"));
}

TEST(SampleName, IsSplitAsByWebdataset) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"a.jpg", "a|jpg"},
      {"d/a.seg.PNG", "d/a|seg.png"},
      {"d.x/a.jpg", "d.x/a|jpg"},
      {"a", "-"},
      {".jpg", "-"},
      {"d/.a.jpg", "d/|a.jpg"},
      {"d.x/.a.jpg", "-"},
      {"__meta__", "-"},
      {"__m__/a.jpg", "-"},
      {"__a.jpg", "__a|jpg"},
      {"d/__m__/a.jpg", "d/__m__/a|jpg"},
      {"a.", "a|"},
      {"./a.jpg", "./a|jpg"},
      {"x/y/.h.j", "x/y/|h.j"},
      {"____", "-"},
  };
  for (const auto& [name, expected] : names) {
    const auto split = SplitSampleName(name);
    EXPECT_EQ(split ? split->key + "|" + split->extension : "-", expected) << name;
  }
}

TEST_F(ArchiveTest, SamplesThatCannotBeUsedSayWhy) {
  EXPECT_THAT(Lines(TarOf({{"a.jpg", "1"},
                           {"b.jpg", "2"},
                           {"a.jpg", "3"},
                           {"c.txt", "4"},
                           {"d.jpg", "5"},
                           {"d.JPG", "6"},
                           {"e.jpg", "7"}})),
              ElementsAre("a=1", "b=2", "a!sample.duplicate_key", "c!sample.no_picture+txt:4",
                          "d!sample.duplicate_member", "e=7"));
}

TEST_F(ArchiveTest, LimitsHold) {
  const SampleOptions options{.carry = {"txt"}, .max_picture_bytes = 3, .max_carried_bytes = 2};
  EXPECT_THAT(
      Lines(TarOf({{"a.jpg", "1234"}, {"b.jpg", "123"}, {"c.jpg", "1"}, {"c.txt", "123"}, {"d.jpg", "4"}}), options),
      ElementsAre("a!sample.too_large", "b=123", "c!sample.too_large", "d=4"));
}

TEST_F(ArchiveTest, TheFirstOfSeveralPicturesCounts) {
  WriteText(path_, TarOf({{"a.png", "1"}, {"a.jpg", "2"}}));
  const auto sample = ValueOrThrow(SampleReader::Open(path_, {}))->Next();
  EXPECT_EQ(TextOf(sample->picture), "1");
  EXPECT_THAT(sample->warnings, ElementsAre("it has several pictures: a.png counts, a.jpg does not"));
}

TEST_F(ArchiveTest, ReadsFromASampleOnWithoutTheContentsBefore) {
  WriteText(path_, TarOf(kThree));
  const auto reader = ValueOrThrow(SampleReader::Open(path_, {.first = 2}));
  const auto sample = reader->Next();
  EXPECT_EQ(sample->key, "2");
  EXPECT_EQ(sample->index, 2);
  EXPECT_EQ(sample->offset, 3 * 1024);
  EXPECT_FALSE(reader->Next());
  const auto scan = ValueOrThrow(SampleReader::Open(path_, {.contents = false}));
  int count = 0;
  for (; const auto found = scan->Next(); ++count) EXPECT_TRUE(found->picture.empty() && !found->problem);
  EXPECT_EQ(count, 3);
}

// Names are bytes, of any length.
TEST_F(ArchiveTest, NamesAreBytes) {
  const std::string chinese = "图片/猫", latin = "caf\xE9", length255 = std::string(251, 'n'),
                    long_name = std::string(5000, 'x');
  const std::string tar = PaxMember(chinese + ".jpg", "1") + TarMember(latin + ".jpg", "2") +
                          PaxMember(length255 + ".jpg", "3") + PaxMember(long_name + ".jpg", "4") +
                          std::string(1024, '\0');
  EXPECT_THAT(Lines(tar), ElementsAre(chinese + "=1", latin + "=2", length255 + "=3", HasSubstr("...!sample.name")));
}

TEST_F(ArchiveTest, WhatIsNoFileIsSkippedAndSaid) {
  const std::string tar = TarMember("d.dir/", "", '5') + TarMember("l.jpg", "", '2') + TarMember("._0.jpg", "m") +
                          TarOf({{"0.jpg", "zero"}, {"README", "no dot"}, {"__meta__", "m"}});
  EXPECT_THAT(Lines(tar), ElementsAre("0=zero"));
  EXPECT_THAT(warnings_, ElementsAre("1 member that are links or devices were skipped",
                                     "1 member of macOS (\"._name\") were skipped"));
}

TEST_F(ArchiveTest, OtherFilesAreRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"", "it is empty"},
      {"\xFD"
       "7zXZ\0",
       "xz"},
      {"Rar!\x1A", "RAR"},
      {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
      {"<!DOCTYPE html>", "HTML"},
      {std::string(2000, 'x'), "it is none"}};
  for (const auto& [text, expected] : files) {
    WriteText(path_, text);
    const auto reader = SampleReader::Open(path_, {});
    EXPECT_THAT(Refusal(reader), HasSubstr(expected));
    EXPECT_EQ(reader.status().kind(), "archive.unreadable");
  }
  EXPECT_EQ(SampleReader::Open(directory_ / "none.tar", {}).status().kind(), "file.missing");
  EXPECT_TRUE(HasArchiveExtension("A.TAR.GZ"));
  EXPECT_FALSE(HasArchiveExtension("a.jpg"));
}

TEST_F(ArchiveTest, OneFileIsReadByTheEndOfItsPath) {
  WriteText(path_, TarOf({{"xbin/convnext", "no"}, {"p/bin/convnext", "yes"}}));
  EXPECT_EQ(ValueOrThrow(ReadFromArchive(path_, "bin/convnext")), "yes");
  EXPECT_THAT(Refusal(ReadFromArchive(path_, "bin/other")), HasSubstr("no bin/other in it"));
}

}  // namespace
}  // namespace convnext
