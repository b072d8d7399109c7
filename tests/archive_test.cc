// Archives as webdataset's samples: formats, names, keys, what is skipped and what is a problem.
#include "convnext/archive/archive.h"

#include <clocale>

#include "archive_bytes.h"
#include "convnext/archive/key_set.h"
#include "convnext/archive/names.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ArchiveTest : public testing::Test {
 protected:
  ReadArchive ReadBytes(const std::string& bytes, const SampleOptions& options = {}) {
    std::filesystem::remove(path_);  // a file that is cut to nothing and written again waits for the disk
    WriteText(path_, bytes);
    return ReadSamples(path_, options);
  }
  // The kinds of the problems, "" for none.
  static std::vector<std::string> Problems(const ReadArchive& read) {
    std::vector<std::string> kinds;
    for (const auto& sample : read.samples) kinds.emplace_back(sample.problem ? sample.problem->kind() : "");
    return kinds;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "a";
};

const NamesAndBytes kThree = {{"a/0.jpg", "one"},
                              {"a/0.json", "{}"},
                              {"a/1.PNG", std::string(2000, '2')},
                              {"a/2.cls", "7"},
                              {"a/2.webp", "three"}};

void ExpectThree(const ReadArchive& read) {
  ASSERT_TRUE(read.opened.ok()) << read.opened.message();
  EXPECT_FALSE(read.damage) << read.damage->message();
  EXPECT_THAT(read.warnings, IsEmpty());
  ASSERT_THAT(read.Keys(), ElementsAre("a/0", "a/1", "a/2"));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read.samples[i].index, static_cast<int64_t>(i));
    EXPECT_FALSE(read.samples[i].problem) << read.samples[i].problem->message();
  }
  EXPECT_EQ(read.samples[0].picture_name, "a/0.jpg");
  EXPECT_EQ(TextOf(read.samples[0].picture), "one");
  EXPECT_EQ(TextOf(read.samples[1].picture), kThree[2].second);
  EXPECT_EQ(TextOf(read.samples[2].picture), "three");
  ASSERT_THAT(read.samples[0].carried, SizeIs(1));
  EXPECT_EQ(read.samples[0].carried[0].extension, "json");
  EXPECT_EQ(TextOf(read.samples[0].carried[0].bytes), "{}");
  ASSERT_THAT(read.samples[2].carried, SizeIs(1));
  EXPECT_EQ(TextOf(read.samples[2].carried[0].bytes), "7");
}

TEST_F(ArchiveTest, Formats) {
  const SampleOptions options{.carry = {"json", "cls"}};
  const std::string tar = Tar(kThree);
  for (const auto& bytes : {tar, Gzip(tar), Zstd(tar), Zip(kThree), Zip(kThree, "compression=store")}) {
    const ReadArchive read = ReadBytes(bytes, options);
    ExpectThree(read);
  }
  const ReadArchive parts =
      ReadBytes(Gzip(tar.substr(0, 700)) + Gzip(tar.substr(700)) + std::string(100, '\0'), options);
  ExpectThree(parts);  // padding, as on a tape
  ExpectThree(ReadBytes(
      Zstd(tar.substr(0, 700)) + std::string("\x50\x2a\x4d\x18\x03\0\0\0xyz", 11) + Zstd(tar.substr(700)), options));
}

TEST_F(ArchiveTest, OffsetsOfFirstHeaders) {
  const std::string tar = Tar(kThree);
  for (const auto& bytes : {tar, Gzip(tar), Zstd(tar)}) {
    const ReadArchive read = ReadBytes(bytes);
    ASSERT_THAT(read.samples, SizeIs(3));
    EXPECT_EQ(read.samples[0].offset, 0);
    EXPECT_EQ(read.samples[1].offset, 2048);
    EXPECT_EQ(read.samples[2].offset, 2048 + 512 + 2048);
  }
  const std::string zip = Zip(kThree);
  const ReadArchive read = ReadBytes(zip);
  ASSERT_THAT(read.samples, SizeIs(3));
  for (const Sample& sample : read.samples) EXPECT_EQ(zip.substr(static_cast<size_t>(sample.offset), 4), "PK\x03\x04");
  EXPECT_EQ(read.samples[0].offset, 0);
  EXPECT_EQ(read.samples[1].offset, static_cast<int64_t>(zip.find("a/1.PNG")) - 30);
}

TEST_F(ArchiveTest, WithoutContentsAndFromAnIndex) {
  for (const auto& bytes : {Tar(kThree), Gzip(Tar(kThree)), Zip(kThree)}) {
    const ReadArchive names = ReadBytes(bytes, {.contents = false, .carry = {"json"}});
    ASSERT_THAT(names.Keys(), ElementsAre("a/0", "a/1", "a/2"));
    EXPECT_EQ(names.samples[1].picture_name, "a/1.PNG");
    EXPECT_THAT(names.samples[1].picture, IsEmpty());
    const ReadArchive last = ReadBytes(bytes, {.first = 2});
    ASSERT_THAT(last.Keys(), ElementsAre("a/2"));
    EXPECT_EQ(last.samples[0].index, 2);
    EXPECT_EQ(TextOf(last.samples[0].picture), "three");
  }
}

// What webdataset 1.0.2 makes of these: tests/webdataset_test.cc asks it.
TEST(ArchiveNames, KeysAndExtensions) {
  struct Case {
    std::string name, key, extension;  // an empty key: none
  };
  const std::vector<Case> cases = {{"a.jpg", "a", "jpg"},
                                   {"d/a.seg.PNG", "d/a", "seg.png"},
                                   {"./d/a.jpg", "./d/a", "jpg"},
                                   {"d.e/a.jpg", "d.e/a", "jpg"},
                                   {"a.", "a", ""},
                                   {"a..jpg", "a", ".jpg"},
                                   {"a", "", ""},
                                   {"d.e/a", "", ""},
                                   {".jpg", "", ""},
                                   {"d/.jpg", "d/", "jpg"},
                                   {"d.e/.jpg", "", ""},
                                   {"d.e/f/.jpg", "d.e/f/", "jpg"},
                                   {"a\nb/c.jpg", "a\nb/c", "jpg"},
                                   {"a.\nb/c.jpg", "", ""},
                                   {"d/a.jpg\n", "d/a", "jpg\n"},
                                   {"\xff\xc3\xa9.jpg", "\xff\xc3\xa9", "jpg"},
                                   {"", "", ""}};
  for (const Case& expected : cases) {
    const auto found = SplitName(expected.name);
    ASSERT_EQ(found.has_value(), !expected.key.empty()) << expected.name;
    if (!found) continue;
    EXPECT_EQ(found->key, expected.key);
    EXPECT_EQ(found->extension, expected.extension);
  }
}

TEST(ArchiveNames, OthersThanSamples) {
  for (const char* name : {"__bad__", "__meta__/x.jpg", "____", "__a.b__/c"})
    EXPECT_TRUE(IsWebdatasetMeta(name)) << name;
  for (const char* name : {"__x", "d/__meta__/x.jpg", "___", "__MACOSX/a.jpg"})
    EXPECT_FALSE(IsWebdatasetMeta(name)) << name;
  for (const char* name : {"._a.jpg", "d/._a.jpg", "__MACOSX/a.jpg"}) EXPECT_TRUE(IsMacMember(name)) << name;
  EXPECT_FALSE(IsMacMember("d/_a.jpg"));
}

TEST(ArchiveNames, Extensions) {
  for (const char* name : {"a.tar", "d/a.TAR.GZ", "a.tgz", "a.tar.zst", "a.tzst", "a.Zip"})
    EXPECT_TRUE(HasArchiveExtension(name)) << name;
  for (const char* name : {"a.gz", "tar", ".tar", "d/.zip", "a.tar.xz", "a.tar/b", "a.zst", ""})
    EXPECT_FALSE(HasArchiveExtension(name)) << name;
}

TEST_F(ArchiveTest, NamesAreBytes) {
  const std::string composed = "\xc3\xa9/a.jpg", decomposed = "e\xcc\x81/a.jpg", latin = "\xe9/b.jpg";
  for (const char* locale : {"C", "C.UTF-8"}) {
    std::setlocale(LC_ALL, locale);
    const ReadArchive read = ReadBytes(PaxMember(composed, "1") + PaxMember(decomposed, "2") + PaxMember(latin, "3") +
                                       TarMember("\xe9/c.png", "4") + TarEnd());
    EXPECT_THAT(read.Keys(), ElementsAre("\xc3\xa9/a", "e\xcc\x81/a", "\xe9/b", "\xe9/c")) << locale;
    EXPECT_THAT(read.warnings, IsEmpty());
    const ReadArchive zip = ReadBytes(Zip({{composed, "1"}, {decomposed, "2"}}));
    EXPECT_THAT(zip.Keys(), ElementsAre("\xc3\xa9/a", "e\xcc\x81/a")) << locale;
  }
  std::setlocale(LC_ALL, "C");
}

TEST_F(ArchiveTest, LongNames) {
  for (const LongNames kind : {LongNames::kGnu, LongNames::kPax}) {
    for (const size_t bytes : {size_t{100}, size_t{255}, size_t{4096}}) {
      const std::string name = std::string(bytes - 4, 'n') + ".jpg";
      const ReadArchive read = ReadBytes(TarMember(name, "picture", kind) + TarEnd());
      ASSERT_THAT(read.samples, SizeIs(1)) << bytes;
      EXPECT_EQ(read.samples[0].picture_name, name);
      EXPECT_FALSE(read.samples[0].problem);
      EXPECT_EQ(read.samples[0].offset, 0);
    }
    const ReadArchive read =
        ReadBytes(TarMember(std::string(5000, 'n') + ".jpg", "picture", kind) + TarMember("b.jpg", "b") + TarEnd());
    EXPECT_THAT(Problems(read), ElementsAre("sample.name_too_long", ""));
    EXPECT_EQ(read.samples[0].key.size(), 4096U);
  }
}

TEST_F(ArchiveTest, ProblemsOfSamples) {
  const SampleOptions options{.carry = {"json"}, .max_picture_bytes = 1000, .max_carried_bytes = 10};
  const NamesAndBytes members = {{"a.json", "{}"},
                                 {"a.seg.png", "x"},  // no picture
                                 {"b.jpg", "1"},
                                 {"b.JPG", "2"},                     // twice the same
                                 {"c.jpg", std::string(1001, 'c')},  // too large
                                 {"d.jpg", "d"},
                                 {"d.json", std::string(11, 'd')},
                                 {"e.jpg", std::string(1000, 'e')},
                                 {"e.png", "second"},  // two pictures
                                 {"b.jpg", "3"},       // a key again
                                 {"f.jpg", "f"},
                                 {"f.__bad__", "1"}};
  for (const auto& bytes : {Tar(members), Zip(members)}) {
    const ReadArchive read = ReadBytes(bytes, options);
    EXPECT_FALSE(read.damage);
    EXPECT_THAT(Problems(read), ElementsAre("sample.no_picture", "sample.duplicate_member", "sample.too_large",
                                            "sample.too_large", "", "sample.duplicate_key", "sample.marked_bad"));
    ASSERT_THAT(read.samples, SizeIs(7));
    EXPECT_THAT(read.samples[0].problem->message(), HasSubstr("json, seg.png"));
    EXPECT_EQ(read.samples[4].picture.size(), 1000U);
    EXPECT_THAT(read.samples[4].warnings, ElementsAre(AllOf(HasSubstr("e.jpg"), HasSubstr("e.png"))));
    EXPECT_THAT(read.samples[2].picture, IsEmpty());
  }
}

TEST_F(ArchiveTest, ManyMembersOfASample) {
  NamesAndBytes members;
  for (int i = 0; i < 1001; ++i) members.emplace_back(fmt::format("a.{}", i), "");
  members.emplace_back("b.jpg", "b");
  const ReadArchive read = ReadBytes(Tar(members));
  EXPECT_THAT(Problems(read), ElementsAre("sample.too_many_members", ""));
}

TEST_F(ArchiveTest, MembersThatAreSkipped) {
  const std::string tar = TarHeader("d/", Octal(0), '5') + TarHeader("l.jpg", Octal(0), '1', "a.jpg") +
                          TarHeader("s.jpg", Octal(0), '2', "a.jpg") + TarHeader("c.jpg", Octal(0), '3') +
                          TarMember("._a.jpg", "mac") + TarMember("__MACOSX/a.jpg", "mac") +
                          TarMember("__meta__/a.jpg", "") + TarMember("README", "") + TarMember("a.jpg", "a") +
                          TarEnd();
  const ReadArchive read = ReadBytes(tar);
  EXPECT_THAT(read.Keys(), ElementsAre("a"));
  EXPECT_THAT(read.warnings, testing::UnorderedElementsAre(
                                 HasSubstr("3 members skipped: links"), HasSubstr("2 members skipped: what macOS"),
                                 HasSubstr("1 member skipped: webdataset's"), HasSubstr("1 member skipped: of names")));
}

TEST_F(ArchiveTest, EncryptedMembersOfAZip) {
  std::string zip = Zip({{"a.jpg", "secret"}, {"b.jpg", "open"}}, "compression=store");
  zip[6] = static_cast<char>(zip[6] | 1);
  const size_t index = zip.find("PK\x01\x02");
  zip[index + 8] = static_cast<char>(zip[index + 8] | 1);
  const ReadArchive read = ReadBytes(zip);
  EXPECT_THAT(read.Keys(), ElementsAre("b"));
  EXPECT_THAT(read.warnings, ElementsAre(HasSubstr("1 member skipped: encrypted")));
}

TEST_F(ArchiveTest, SparseMembersAreRefusedByName) {
  const std::string record = PaxRecord("GNU.sparse.major", "1") + PaxRecord("GNU.sparse.minor", "0") +
                             PaxRecord("GNU.sparse.name", "a.jpg") + PaxRecord("GNU.sparse.realsize", "9000000000000");
  const std::string tar = TarHeader("x", Octal(record.size()), 'x') + Padded(record) +
                          TarHeader("GNUSparseFile.0/a.jpg", Octal(513)) + Padded("1\n0\n1\n") + Padded("a") +
                          TarMember("b.jpg", "b") + TarEnd();
  const ReadArchive read = ReadBytes(tar);
  EXPECT_THAT(read.Keys(), ElementsAre("a", "b"));
  EXPECT_THAT(Problems(read), ElementsAre("sample.sparse", ""));
}

TEST_F(ArchiveTest, OtherFilesAreRefusedByWhatTheyAre) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "an empty file"},
      {std::string("\xfd"
                   "7zXZ\0",
                   6) +
           "...",
       "an xz stream"},
      {"7z\xbc\xaf\x27\x1c..", "a 7z archive"},
      {"Rar!\x1a\x07\x01", "a rar archive"},
      {"BZh91AY", "a bzip2 stream"},
      {"  <!DOCTYPE html><title>404", "HTML"},
      {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
      {"\xff\xd8\xff\xe0", "a JPEG"},
      {"text", "4 bytes, fewer than"},
      {std::string(600, 'x'), "no header of a tar"},
      {Gzip("text"), "4 bytes, fewer than one header of a tar in gzip"},
      {Zstd(Zip(kThree)), "a zip in zstd"}};
  for (const auto& [bytes, text] : cases) {
    const ReadArchive read = ReadBytes(bytes);
    EXPECT_EQ(read.opened.kind(), "archive.unreadable") << text;
    EXPECT_EQ(read.opened.code(), Code::kInvalid);
    EXPECT_THAT(read.opened.message(), AllOf(HasSubstr(text), HasSubstr("expected a tar")));
  }
  EXPECT_EQ(ReadSamples(directory_ / "nothing").opened.kind(), "file.missing");
  EXPECT_EQ(ReadSamples(directory_ / "").opened.kind(), "file.path");
  EXPECT_EQ(ReadSamples("/dev/null").opened.kind(), "archive.unreadable");
}

TEST_F(ArchiveTest, EmptyArchives) {
  EXPECT_THAT(ReadBytes(TarEnd()).samples, IsEmpty());
  EXPECT_THAT(ReadBytes(TarEnd()).warnings, IsEmpty());
  const ReadArchive zip = ReadBytes("PK\x05\x06" + std::string(18, '\0'));
  EXPECT_THAT(zip.samples, IsEmpty());
  EXPECT_FALSE(zip.damage) << zip.damage->message();
}

TEST(ArchiveKeySet, KnowsManyKeys) {
  KeySet keys;
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(keys.Insert(std::to_string(i)));
  for (int i = 0; i < 5000; ++i) EXPECT_FALSE(keys.Insert(std::to_string(i)));
  EXPECT_EQ(keys.size(), 5000);
}

}  // namespace
}  // namespace convnext
