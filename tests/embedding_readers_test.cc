// What others read of an output of `convnext embed` as it is: NumPy, embedding_reader, autofaiss and the index of
// clip-retrieval. Skipped with a message where the index of packages cannot be reached.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "python_env.h"
#include "shell.h"

namespace convnext {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// Two archives and a folder, and of its three units one is without a row. No two pictures look alike: each is its own
// nearest neighbour in float16 as well.
constexpr const char* kMakeInput = R"(
set -e
mkdir in
cd "$GOLDEN/images"
cp coffee_301x200_progressive.jpg gray_97x61.jpg hubble_677x327.webp tall_7x1200.png wide_2000x9.png "$OLDPWD/in"
tar cf "$OLDPWD/0.tar" gray16_451x300.png gray_300x411.png one_pixel.png
tar czf "$OLDPWD/1.tar.gz" la_320x213.png onebit_512x512.png
cd "$OLDPWD"
for i in 1 2 3; do echo no > in/no$i.jpg; done
convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny
)";

class EmbeddingReadersTest : public ShellTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const PythonEnv env = MakePythonEnv("embedding_readers");
    if (env.python.empty()) GTEST_SKIP() << env.missing;
    python_ = env.python;
    ASSERT_EQ(Shell(kMakeInput).exit_code, 0);
    const Outcome done = Shell(std::string("convnext embed --model_path tiny --threads 1 --input in 0.tar 1.tar.gz "
                                           "--rows_per_file 3 --rows_per_unit 2 --normalize --output out --store ") +
                               GetParam() + " && convnext merge out --output all.npy --metadata all.jsonl");
    ASSERT_EQ(done.exit_code, 0) << done.err;
    ASSERT_THAT(done.out, HasSubstr("planned: 13 pictures in 6 units"));
  }

  Json Read(const std::string& reader) const {
    const Outcome outcome = Shell("timeout 120 '" + python_ + "' '" + kSourceDirectory +
                                  "/tests/embedding_readers.py' " + reader + " out all.npy all.jsonl");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.exit_code == 0 ? Json::parse(outcome.out) : Json();
  }

 private:
  std::string python_;
};

TEST_P(EmbeddingReadersTest, NumpyMapsEveryUnit) {
  EXPECT_EQ(Read("numpy"), Json({{"files", 6}, {"empty", 1}, {"rows", 10}}));
}

TEST_P(EmbeddingReadersTest, EmbeddingReaderReadsAllRowsInTheOrderOfTheirMetadata) {
  EXPECT_EQ(Read("embedding_reader"), Json({{"files", 5}, {"rows", 10}}));
}

TEST_P(EmbeddingReadersTest, IndicesHoldAndFindEachRow) {
  EXPECT_EQ(Read("autofaiss"), Json({{"rows", 10}}));
  EXPECT_EQ(Read("clip_index"), Json({{"rows", 10}}));
}

INSTANTIATE_TEST_SUITE_P(Stores, EmbeddingReadersTest, testing::Values("float32", "float16"),
                         [](const auto& store) { return std::string(store.param); });

}  // namespace
}  // namespace convnext
