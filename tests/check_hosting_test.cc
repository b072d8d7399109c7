// What becomes of a good bundle elsewhere: hosts of repositories, git, other versions of libraries, other directories.
#include <sys/stat.h>

#include <filesystem>

#include "forged_pictures.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What hosts and their tools add to a bundle is no part of it.
TEST(Check, HostsMayAddTheirOwn) {
  Files bundle = GoodBundle();
  bundle[kGitattributesPath] = "*.7z filter=lfs diff=lfs merge=lfs -text\n# Audio files\n" +
                               bundle[kGitattributesPath] +
                               "saved_model/**/* filter=lfs diff=lfs merge=lfs -text\nraw/images/a[[:space:]]b.png "
                               "filter=lfs diff=lfs merge=lfs "
                               "-text\n";
  const std::string cache = ".cache/huggingface/", commit(40, 'a');
  bundle[cache + ".gitignore"] = "*";
  bundle[cache + "CACHEDIR.TAG"] = "Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n";
  bundle[cache + "download/raw/inference.npy.lock"] = "";
  bundle[cache + "download/raw/inference.npy.metadata"] = commit + "\n" + std::string(64, '1') + "\n1712656091.123\n";
  bundle[cache + "trees/" + commit + ".json"] =
      R"({"format_version": 1, "files": {"README.md": {"size": 5, "blob_id": ")" + commit + R"("}}})";
  const CheckReport report = CheckBundle({bundle, {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);

  bundle = GoodBundle();
  bundle[kGitattributesPath] = "*.npy filter=lfs diff=lfs merge=lfs -text\n";
  EXPECT_THAT(RulesWithOutcome(CheckBundle({bundle, {}}), {RuleOutcome::kWarn}), Contains("F4"));
  bundle.erase(kGitattributesPath);
  EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), ElementsAre("I1"));
  bundle = GoodBundle();
  bundle[kLicensePath] += "Copyright 2024 a person\n";
  EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), IsEmpty());
  bundle[kLicensePath] = "MIT License\n";
  EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), ElementsAre("F4"));
  bundle = GoodBundle();
  bundle[cache + "download/evil.html"] = "<script>";
  EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), ElementsAre("I1", "I7", "P5"));
}

std::vector<std::string> ReasonsOf(const CheckReport& report, const std::string& rule) {
  for (const RuleResult& result : report.rules) {
    if (result.id == rule) return result.reasons;
  }
  return {};
}

std::string WithCrlf(const std::string& text) {
  std::string changed;
  for (const char c : text) changed += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return changed;
}

// Line ends that git changed are one failure, with what mends it, and not one in every rule.
TEST(Check, LineEndsThatGitChangedAreNamed) {
  Files bundle = GoodBundle();
  for (auto& [path, bytes] : bundle) {
    if (!path.ends_with(".png") && !path.ends_with(".npy")) bytes = WithCrlf(bytes);
  }
  const CheckReport report = CheckBundle({bundle, {}});
  EXPECT_THAT(FailedRules(report), ElementsAre("I2")) << CheckTable(report);
  EXPECT_THAT(ReasonsOf(report, "I2"),
              ElementsAre(AllOf(HasSubstr("line ends"), HasSubstr("manifest.json, .gitignore, README.en.md and "),
                                HasSubstr(kMendLineEnds))));
  bundle["README.md"] += "one more line\r\n";  // not git's doing
  EXPECT_THAT(ReasonsOf(CheckBundle({bundle, {}}), "I2"), Contains("README.md: its sha256 is not the manifest's"));
}

std::string PointerTo(const std::string& bytes) {
  return fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", DigestOf(bytes),
                     bytes.size());
}

TEST(Check, LfsPointersAreNamed) {
  Files bundle = GoodBundle();
  for (auto& [path, bytes] : bundle) {
    if (path.ends_with(".png") || path.ends_with(".npy")) bytes = PointerTo(bytes);
  }
  const CheckReport report = CheckBundle({bundle, {}});
  EXPECT_THAT(ReasonsOf(report, "I2"),
              ElementsAre(AllOf(HasSubstr("pointers lie in the place of assets/"), HasSubstr(kMendPointers))));
  EXPECT_THAT(ReasonsOf(report, "R0")[0], HasSubstr("is a Git LFS pointer"));
  bundle["raw/inference.npy"] = PointerTo("another file");
  EXPECT_THAT(ReasonsOf(CheckBundle({bundle, {}}), "I2"), Contains(HasSubstr("a Git LFS pointer to another file")));
}

// Another version of Cairo smooths edges in another way: the pixels cannot be the same, but the picture must look it.
TEST(Check, APictureOfAnotherCairoIsOnlyAWarning) {
  for (const int eighths : {0, 2, 4}) {
    Files bundle = GoodBundle();
    for (const char* path : PathsOf(FileKind::kPicture)) bundle[path] = Redrawn(bundle[path], OtherCairo(), eighths);
    RepairDigests(bundle);
    const CheckReport report = CheckBundle({bundle, {}});
    EXPECT_TRUE(report.passed()) << eighths << CheckTable(report);
    EXPECT_THAT(RulesWithOutcome(report, {RuleOutcome::kWarn}), testing::Contains("R8"));
  }
}

// The directory itself: not only files can be added.
TEST(Check, DirectoriesAndLinks) {
  TemporaryDirectory directory;
  const std::string root = directory / "bundle";
  ASSERT_TRUE(WriteFiles(root, GoodBundle()).ok());
  const auto failed = [&] { return FailedRules(CheckBundle(ValueOrThrow(ReadDirectory(root)))); };
  EXPECT_THAT(failed(), IsEmpty());
  std::filesystem::create_directory(root + "/.git");  // a repository, of which nothing is read
  WriteText(root + "/.git/HEAD", "ref: refs/heads/main\n");
  EXPECT_THAT(failed(), IsEmpty());
  std::filesystem::remove_all(root + "/.git");
  WriteText(root + "/.git", "gitdir: ../.git/worktrees/bundle\n");
  EXPECT_THAT(failed(), IsEmpty());
  WriteText(root + "/.git", "#!/bin/sh\n");
  EXPECT_THAT(failed(), testing::Contains("P5"));
  std::filesystem::remove(root + "/.git");
  std::filesystem::create_symlink("/tmp", root + "/.git");
  EXPECT_THAT(failed(), ElementsAre("I5"));
  std::filesystem::remove(root + "/.git");
  ASSERT_EQ(::mkfifo((root + "/.git").c_str(), 0600), 0);
  EXPECT_THAT(failed(), ElementsAre("I5"));
  std::filesystem::remove(root + "/.git");
  std::filesystem::create_directories(root + "/notes/of/mine");
  EXPECT_THAT(failed(), ElementsAre("I5"));
}

}  // namespace
}  // namespace convnext
