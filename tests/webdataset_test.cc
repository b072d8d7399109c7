// The same tars through webdataset itself: the same keys, extensions and contents. Skipped with a message where the
// index of packages cannot be reached.
#include <map>
#include <nlohmann/json.hpp>

#include "archive_bytes.h"
#include "convnext/archive/names.h"
#include "python_env.h"

namespace convnext {
namespace {

using Json = nlohmann::json;

// Names are written as Latin-1: each byte one character, as they may be no UTF-8.
constexpr const char* kScript = R"(
import json, sys, webdataset
samples = []
for sample in webdataset.WebDataset(sys.argv[1], shardshuffle=False, nodesplitter=None):
    files = {}
    for name, value in sample.items():
        if not name.startswith("__") or name == "__key__":
            value = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
            files[name.encode("utf-8", "surrogateescape").decode("latin-1")] = value.decode("latin-1")
    samples.append(files)
print(json.dumps(samples))
)";

std::string FromLatin1(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    bytes += c < 0x80 ? text[i] : static_cast<char>((c & 3) << 6 | (text[++i] & 0x3f));
  }
  return bytes;
}

class WebdatasetTest : public testing::Test {
 protected:
  void SetUp() override {
    const PythonEnv env = MakePythonEnv("webdataset");
    if (env.python.empty()) GTEST_SKIP() << env.missing;
    python_ = env.python;
  }

  // Each sample: "__key__" and its files by extension.
  std::vector<std::map<std::string, std::string>> Theirs(const std::string& path) const {
    const auto result = RunProcess({python_, "-c", kScript, path}, {.timeout_seconds = 100});
    if (!result.ok() || result->exit_code != 0)
      throw std::runtime_error(result.ok() ? result->output : result.status().message());
    std::vector<std::map<std::string, std::string>> samples;
    for (const Json& sample : Json::parse(result->output.substr(result->output.find('[')))) {
      auto& files = samples.emplace_back();
      for (const auto& [name, bytes] : sample.items()) files[FromLatin1(name)] = FromLatin1(bytes.get<std::string>());
    }
    return samples;
  }

  void ExpectTheSame(const std::string& tar, const std::vector<std::string>& carry) const {
    const std::string path = directory_ / "a.tar";
    WriteText(path, tar);
    const auto theirs = Theirs(path);
    const ReadArchive ours = ReadSamples(path, {.carry = carry});
    ASSERT_EQ(ours.samples.size(), theirs.size());
    for (size_t i = 0; i < theirs.size(); ++i) {
      const Sample& sample = ours.samples[i];
      EXPECT_EQ(sample.key, theirs[i].at("__key__"));
      EXPECT_EQ(sample.problem.has_value(), sample.picture_name.empty());
      if (sample.picture_name.empty()) continue;
      EXPECT_EQ(TextOf(sample.picture), theirs[i].at(SplitName(sample.picture_name)->extension));
      for (const SampleFile& file : sample.carried) EXPECT_EQ(TextOf(file.bytes), theirs[i].at(file.extension));
    }
  }

  TemporaryDirectory directory_;
  std::string python_;
};

TEST_F(WebdatasetTest, KeysOfNames) {
  std::string tar;
  for (const char* name : {"a.jpg",
                           "d/a.seg.PNG",
                           "./d/a.jpg",
                           "d.e/a.jpg",
                           "b.",
                           "c..jpg",
                           "a",
                           "d.e/a",
                           ".jpg",
                           "d/.jpg",
                           "d.e/.jpg",
                           "d.e/f/.jpg",
                           "x\ny/c.jpg",
                           "x.\ny/c.jpg",
                           "d/z.jpg\n",
                           "\xff\xc3\xa9.jpg",
                           "__bad__",
                           "__meta__/x.jpg",
                           "____",
                           "__x",
                           "e/__meta__/x.jpg",
                           "___.jpg"})
    tar += TarMember(name, std::string("bytes of ") + name);
  ExpectTheSame(tar + TarEnd(), {});
}

TEST_F(WebdatasetTest, Contents) {
  const std::string noise = Noise(5000, 1);
  ExpectTheSame(Tar({{"a.jpg", noise},
                     {"a.json", "{}"},
                     {"a.cls", "1"},
                     {"b.txt", "text"},
                     {"b.PNG", noise.substr(7)},
                     {"e.jpg", "e"},
                     {std::string(200, 'n') + ".jpg", "long"}}),
                {"json", "cls", "txt"});
  ExpectTheSame(PaxMember("\xc3\xa9.jpg", "1") + PaxMember("e\xcc\x81.jpg", "2") + PaxMember("\xe9.jpg", "3") +
                    TarMember(std::string(300, 'p') + ".webp", "4", LongNames::kPax) + TarEnd(),
                {});
  ExpectTheSame(TarHeader("d/", Octal(0), '5') + TarHeader("l.jpg", Octal(0), '1', "a.jpg") +
                    TarHeader("s.jpg", Octal(0), '2', "a.jpg") + TarMember("a.jpg", "a") + TarEnd(),
                {});
}

}  // namespace
}  // namespace convnext
