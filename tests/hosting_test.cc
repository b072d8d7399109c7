// What git and hosts of repositories do to a bundle: the lists of what they may add, pointers and line ends.
#include "convnext/bundle/hosting.h"

#include "convnext/bundle/bundle.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::IsEmpty;
using testing::Optional;

constexpr const char* kLfs = " filter=lfs diff=lfs merge=lfs -text\n";

// The lines that a new repository on the Hugging Face hub has, of several years.
TEST(Hosting, HostsLinesAreKnown) {
  for (const char* pattern : {"*.7z", "*.arrow", "*.bin", "*.ckpt", "*.npy", "*.npz", "*.safetensors", "*.tar.*",
                              "*tfevents*", "saved_model/**/*", "*.bin.*", "model.safetensors", "raw/images/a-1_b.png",
                              "a[[:space:]]b.png", "/raw/*.npy"}) {
    EXPECT_EQ(FindForeignAttribute(pattern + std::string(kLfs)), std::nullopt) << pattern;
  }
  for (const char* text : {"", "\n", "# Image files - uncompressed\n", "* -text\n", "* -text\r\n# Video files\r\n"})
    EXPECT_EQ(FindForeignAttribute(text), std::nullopt) << text;
  EXPECT_EQ(FindForeignAttribute(GitAttributes()), std::nullopt);
}

TEST(Hosting, OtherLinesAreForeign) {
  for (const char* line :
       {"* text=auto", "*.md text", "*.npy filter=lfs", "*.npy filter=evil diff=lfs merge=lfs -text", "* -text ",
        "*.npy filter=lfs diff=lfs merge=lfs text", "a b filter=lfs diff=lfs merge=lfs -text", "[attr]binary -diff",
        "\"a b\" filter=lfs diff=lfs merge=lfs -text", "!* filter=lfs diff=lfs merge=lfs -text", " * -text",
        "# \x1b[31mNPU: 133 img/s", "*.png export-ignore", "README.md ident"}) {
    EXPECT_THAT(FindForeignAttribute(GitAttributes() + line + "\n# end\n"), Optional(Printable(line))) << line;
  }
  EXPECT_NE(FindForeignAttribute(std::string(size_t{1} << 20, '\n')), std::nullopt);
  EXPECT_NE(FindForeignAttribute("#" + std::string(1000, ' ')), std::nullopt);
}

TEST(Hosting, OursAndTheHostsLinesAreJoined) {
  const std::string lines = std::string("*.npy") + kLfs;
  EXPECT_EQ(GitAttributesWith(""), GitAttributes());
  EXPECT_EQ(GitAttributesWith(GitAttributes()), GitAttributes());
  EXPECT_EQ(GitAttributesWith(lines + "* text=auto\n"), GitAttributes() + lines);
  EXPECT_EQ(GitAttributesWith(GitAttributesWith(lines)), GitAttributes() + lines);
  EXPECT_TRUE(AllowsLineEndChanges(lines));
  EXPECT_FALSE(AllowsLineEndChanges(GitAttributesWith(lines)));
}

// A host puts its own copy of the licence into a new repository, with or without a name in it.
TEST(Hosting, TheLicenceIsKnownAndOthersAreForeign) {
  const std::string ours = LicenseText();
  std::string named = ours, edited = ours;
  named.replace(named.find("Copyright [yyyy]"), std::string("Copyright [yyyy]").size(), "Copyright 2024 a person\n  ");
  EXPECT_EQ(FindForeignTerm(ours), std::nullopt);
  EXPECT_EQ(FindForeignTerm(WithUnixLineEnds(ours).substr(1)), std::nullopt);
  EXPECT_THAT(FindForeignTerm(named), Optional(std::string("[name of copyright owner]")));
  named = ours.substr(0, ours.find("   APPENDIX")) + "   Copyright 2024 a person\n";
  EXPECT_EQ(FindForeignTerm(named), std::nullopt);
  EXPECT_THAT(FindForeignTerm(ours + "1250 pictures/s on an NPU\n"),
              Optional(std::string("1250 pictures/s on an NPU")));
  EXPECT_NE(FindForeignTerm("MIT License\n"), std::nullopt);
  EXPECT_NE(FindForeignTerm(""), std::nullopt);
  EXPECT_NE(FindForeignTerm(ours.substr(0, 5000)), std::nullopt);
  EXPECT_NE(FindForeignTerm(ours + "Copyright " + std::string(200, 'x')), std::nullopt);
  EXPECT_TRUE(IsHosted("LICENSE"));
  EXPECT_EQ(FindHostedFault("LICENSE", ours), "");
  EXPECT_THAT(FindHostedFault("LICENSE", "MIT License\n"), testing::HasSubstr("Apache License 2.0"));
}

// The .gitignore of a bundle says what is no part of it; git agrees (LauncherTest.IgnoresWeights...).
TEST(Hosting, WhatIsIgnored) {
  for (const char* path : {"weights/m/model.safetensors", "weights", "a.onnx", "raw/a.om", "run/logs/inference.json",
                           "build/x", "venv/bin/pip", ".venv/pyvenv.cfg", "eval/__pycache__/x.pyc", "eval/x.pyc",
                           "a/kernel_meta/x", "fusion_result.json", "raw/fusion_result.json"})
    EXPECT_TRUE(IsIgnored(path, false)) << path;
  EXPECT_TRUE(IsIgnored("__pycache__", true));
  for (const char* path : {"README.md", "logs/inference.log", "raw/images/a.onnx", "raw/weights/x", "weights2/x",
                           "logs/run/x", "kernel_meta", "bin/linux-x86_64/convnext", "notes.md", "weights.md", ""})
    EXPECT_FALSE(IsIgnored(path, false)) << path;
}

TEST(Hosting, NamesThatToolsLeave) {
  const std::string commit(40, '0'), cache = ".cache/huggingface/";
  for (const std::string& path : {std::string(".gitattributes"), cache + ".gitignore", cache + "CACHEDIR.TAG",
                                  cache + "download/README.md.metadata", cache + "download/raw/images/01_a.png.lock",
                                  cache + "download/.gitattributes.metadata",
                                  cache + "upload/raw/inference.npy.metadata", cache + "trees/" + commit + ".json"}) {
    EXPECT_TRUE(IsHosted(path)) << path;
    EXPECT_TRUE(IsInside(path)) << path;
  }
  for (const std::string& path :
       {std::string("raw/.gitattributes"), std::string(".gitignore"), cache + "x", cache + "download/x.html",
        cache + "download/x.html.metadata", cache + "download/README.md", cache + "trees/main.json",
        cache + "download/../../README.md.metadata", std::string(".cache/x"), std::string(".huggingface/.gitignore"),
        "raw/" + cache + ".gitignore"}) {
    EXPECT_FALSE(IsHosted(path)) << path;
  }
}

TEST(Hosting, FilesThatToolsLeave) {
  const std::string commit(40, 'a'), sha256(64, 'b'), cache = ".cache/huggingface/";
  const auto fault = [&cache](const std::string& name, const std::string& bytes) {
    return FindHostedFault(cache + name, bytes);
  };
  const std::string download = commit + "\n" + sha256 + "\n1712656091.123\n";
  EXPECT_THAT(fault("download/README.md.metadata", download), IsEmpty());
  EXPECT_THAT(fault("download/README.md.metadata", commit + "\n" + commit + "\n1712656091.123\n"), IsEmpty());
  EXPECT_THAT(fault("upload/README.md.metadata", "1712656091.1\n12\n0\n" + sha256 + "\nlfs\n\n1\n0\n"), IsEmpty());
  EXPECT_THAT(fault("upload/README.md.metadata", "1712656091.1\n12\n\n\n\n\n0\n0\n"), IsEmpty());
  EXPECT_THAT(fault(".gitignore", "*"), IsEmpty());
  for (const std::string& bytes : {download + "x\n", "main\n" + sha256 + "\n1\n", commit + "\n" + sha256 + "\nnow\n",
                                   std::string(), std::string("NPU: 133 img/s\n")})
    EXPECT_NE(fault("download/README.md.metadata", bytes), "") << bytes;
  EXPECT_NE(fault("upload/README.md.metadata", download), "");
  EXPECT_NE(fault(".gitignore", "!evil"), "");
  EXPECT_NE(fault("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n133 img/s\n"), "");
  EXPECT_NE(fault("download/README.md.lock", "x"), "");
  for (const char* tree :
       {"{", "[]", R"({"format_version": "1", "files": {}})", R"({"format_version": 1, "files": []})",
        R"({"format_version": 1, "files": {"a": {"size": -1}}})",
        R"({"format_version": 1, "files": {"a": {"blob_id": "133 img/s"}}})",
        R"({"format_version": 1, "files": {"a": {"note": 1}}})"})
    EXPECT_NE(fault("trees/" + commit + ".json", tree), "") << tree;
}

TEST(Hosting, LfsPointers) {
  const std::string version = "version https://git-lfs.github.com/spec/v1\n", oid(64, '3');
  EXPECT_EQ(LfsPointerTarget(version + "oid sha256:" + oid + "\nsize 5\n"), oid);
  EXPECT_EQ(LfsPointerTarget(version + "ext-0-foo sha256:" + oid + "\noid sha256:" + oid + "\nsize 5\n"), oid);
  for (const std::string& bytes :
       {version, version + "oid sha256:12\nsize 5\n", "oid sha256:" + oid + "\n", std::string(),
        std::string("\x93NUMPY"), version + "oid sha256:" + oid + "\n" + std::string(2000, '#')})
    EXPECT_EQ(LfsPointerTarget(bytes), std::nullopt) << bytes;
}

TEST(Hosting, LineEnds) {
  EXPECT_EQ(WithUnixLineEnds("a\r\nb\rc\r\n\r"), "a\nb\rc\n\r");
  EXPECT_EQ(WithUnixLineEnds(""), "");
}

}  // namespace
}  // namespace convnext
