// Pictures pushed one by one: the rows of RunInference in the same order, and failures in their places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden_model.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const std::vector<std::string> kPictures = {"astronaut_512x512_q92.jpg", "coffee_301x200_progressive.jpg",
                                            "one_pixel.png"};

class PictureStreamTest : public testing::Test {
 protected:
  std::unique_ptr<PictureStream> Open(const PictureStreamOptions& options) const {
    return ValueOrThrow(PictureStream::Open(engine_, options));
  }

  static std::vector<PictureStream::Answer> Drain(PictureStream& stream) {
    std::vector<PictureStream::Answer> answers;
    while (stream.waiting() > 0) {
      if (auto answer = stream.Next(60s)) answers.push_back(*std::move(answer));
    }
    return answers;
  }

  std::vector<float> Expected(const std::string& path) const {
    return ValueOrThrow(RunInference(engine_, {.images = {path}})).embeddings;
  }

  static std::string Path(const std::string& name) { return GoldenPath("images/" + name); }

  const SyntheticModel model_ = MakeModel(GoldenConfig("tiny_patch"), 1);
  static EngineOptions Options() {
    EngineOptions options;
    options.backend.threads = 2;
    return options;
  }

  const Engine engine_ = ValueOrThrow(LoadEngine(model_.file, Options()));
};

TEST_F(PictureStreamTest, GivesTheRowsOfInferenceInOrder) {
  const auto stream = Open({.batch_size = 4, .threads = 3});
  std::vector<std::vector<float>> expected;
  for (const std::string& name : kPictures) expected.push_back(Expected(Path(name)));
  for (int i = 0; i < 50; ++i) stream->Push({.path = Path(kPictures[static_cast<size_t>(i) % kPictures.size()])});
  stream->Finish();
  const auto answers = Drain(*stream);
  ASSERT_EQ(answers.size(), 50u);
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(ValueOrThrow(answers[i]), expected[i % kPictures.size()]) << i;
}

TEST_F(PictureStreamTest, TakesBytesPixelsAndTensors) {
  const std::string path = Path(kPictures[0]);
  const auto file = ValueOrThrow(ReadFile(path, 1 << 20));
  const DecodedImage decoded = ValueOrThrow(DecodeImage(file));
  const PreparedImage prepared = ValueOrThrow(engine_.Prepare(path));
  std::vector<float> planes(prepared.data.size());
  NhwcToNchw({.pixels = prepared.height * prepared.width}, prepared.data.data(), planes.data());
  const auto stream = Open({.batch_size = 2});
  stream->Push({.file = file});
  stream->Push({.pixels = decoded.pixels.data, .height = decoded.pixels.height, .width = decoded.pixels.width});
  stream->Push({.normalized = planes, .height = prepared.height, .width = prepared.width});
  stream->Finish();
  for (const auto& answer : Drain(*stream)) EXPECT_EQ(ValueOrThrow(answer), Expected(path));
}

TEST_F(PictureStreamTest, KeepsFailuresInTheirPlaces) {
  const auto stream = Open({.batch_size = 2, .threads = 2});
  const std::vector<std::byte> damaged(100, std::byte{'x'});
  stream->Push({.file = damaged});
  stream->Push({.path = Path(kPictures[0])});
  stream->Push({.path = "nowhere.jpg"});
  const std::vector<float> small(12);
  stream->Push({.normalized = small, .height = 2, .width = 2});
  stream->Push({.path = Path(kPictures[1])});
  stream->Finish();
  const auto answers = Drain(*stream);
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_EQ(answers[0].status().code(), Code::kInvalid);
  EXPECT_TRUE(answers[1].ok());
  EXPECT_THAT(answers[2].status().message(), HasSubstr("nowhere.jpg"));
  EXPECT_THAT(answers[3].status().message(), HasSubstr("2x2"));
  EXPECT_TRUE(answers[4].ok());
}

TEST_F(PictureStreamTest, DoesNotWaitForEverForAFullBatch) {
  const auto stream = Open({.batch_size = 8});
  stream->Push({.path = Path(kPictures[0])});
  EXPECT_TRUE(stream->Next(60s).has_value());
  EXPECT_FALSE(stream->Next(1ms).has_value());  // nothing waits
}

TEST_F(PictureStreamTest, NormalizesWhereAsked) {
  const auto stream = Open({.normalize = true});
  stream->Push({.path = Path(kPictures[0])});
  stream->Finish();
  double squares = 0;
  for (const float value : ValueOrThrow(Drain(*stream).at(0))) squares += double{value} * value;
  EXPECT_NEAR(squares, 1, 1e-6);
}

TEST_F(PictureStreamTest, HasRoomForFourBatches) {
  const auto stream = Open({.batch_size = 2});
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(stream->HasRoom()) << i;
    stream->Push({.path = Path(kPictures[2])});
  }
  EXPECT_FALSE(stream->HasRoom());
}

TEST_F(PictureStreamTest, EndsWithPicturesThatWait) {
  for (int i = 0; i < 20; ++i) {
    const auto stream = Open({.batch_size = 4, .threads = 3});
    for (int j = 0; j < i; ++j) stream->Push({.path = Path(kPictures[0])});
  }
}

}  // namespace
}  // namespace convnext
