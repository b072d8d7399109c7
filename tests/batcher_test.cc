// A model that several threads share: sessions, outputs, cancelling, and the batcher above.
#include "convnext/engine/batcher.h"

#include <cmath>
#include <filesystem>
#include <random>

#include "golden_model.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr int64_t kSide = 64;

Engine SmallEngine(int threads = 2) {
  return MakeEngine(MakeModel(GoldenConfig("tiny_patch"), 1), {.device = "cpu"}, threads);
}

// Picture `seed`, 8-bit.
BatchInput Noise(uint32_t seed, int64_t height = kSide, int64_t width = kSide) {
  BatchInput input{height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 3)), {}};
  std::mt19937 random(seed);
  for (uint8_t& value : input.pixels) value = static_cast<uint8_t>(random());
  return input;
}

std::vector<float> EmbedAlone(const Engine& engine, const BatchInput& input) {
  std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim()));
  const auto report = engine.Embed({input.data, 1, input.height, input.width, input.pixels}, embedding);
  EXPECT_TRUE(report.ok()) << report.status().message();
  return embedding;
}

TEST(Session, EightBitPicturesAreNormalisedToTheSameBits) {
  const Engine engine = SmallEngine();
  const BatchInput input = Noise(1, 64, 96);
  BatchInput normalized{64, 96, {}, AlignedVector<float>(input.pixels.size())};
  Normalize(input.pixels, MakeNormalizationTable(engine.preprocessor().preprocessing()), normalized.data);
  EXPECT_EQ(EmbedAlone(engine, input), EmbedAlone(engine, normalized));
}

TEST(Session, GivesTheFeaturesThatAreAskedFor) {
  for (const char* device : {"cpu", "cpu-reference"}) {
    const Engine engine = MakeEngine(MakeModel(GoldenConfig("tiny_patch"), 1), {.device = device}, 1);
    const auto channels = static_cast<size_t>(engine.model().config.dims[3]);
    const BatchInput input = Noise(1, 64, 96);
    const ImageBatch images{{}, 1, 64, 96, input.pixels};
    std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim())), pooled(channels), map(6 * channels),
        tapped;
    const Tap<float> tap = [&](std::string_view name, const Activations<float>& x) {
      for (int64_t row = 0; name == "stage3" && row < x.rows(); ++row)
        tapped.insert(tapped.end(), x.data + row * x.stride, x.data + row * x.stride + x.C);
    };
    const auto session = ValueOrThrow(engine.NewSession());
    ASSERT_TRUE(session->Run(images, {embedding, pooled, map}, {.tap = tap}).ok());
    EXPECT_EQ(map, tapped);
    EXPECT_EQ(embedding, EmbedAlone(engine, input));
    EXPECT_GT(*std::max_element(pooled.begin(), pooled.end()), 0);
  }
}

TEST(Session, RefusesSizesThatDoNotAgree) {
  const Engine engine = SmallEngine();
  const BatchInput input = Noise(1);
  std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim())), little(3);
  const auto session = ValueOrThrow(engine.NewSession());
  EXPECT_FALSE(session->Run({{}, 2, kSide, kSide, input.pixels}, {embedding}).ok());
  EXPECT_FALSE(session->Run({{}, 1, kSide, kSide, input.pixels}, {little}).ok());
  EXPECT_FALSE(session->Run({{}, 1, kSide, kSide, input.pixels}, {embedding, little}).ok());
  EXPECT_FALSE(session->Run({{}, 1, kSide, kSide, {}}, {embedding}).ok());
  EXPECT_THAT(Refusal(session->Run({{}, 1, 16, 64, input.pixels}, {embedding})), HasSubstr("16x64"));
}

TEST(Session, SeveralThreadsShareOneProgram) {
  const Engine engine = SmallEngine();
  const BatchInput input = Noise(1);
  const std::vector<float> expected = EmbedAlone(engine, input);
  std::vector<std::vector<float>> embeddings(4);
  {
    std::vector<std::jthread> threads;
    for (auto& embedding : embeddings) {
      threads.emplace_back([&engine, &input, &embedding] {
        for (int i = 0; i < 5; ++i) embedding = EmbedAlone(engine, input);
      });
    }
  }
  EXPECT_THAT(embeddings, Each(expected));
}

TEST(Session, AStopEndsThePassBetweenLayers) {
  const Engine engine = SmallEngine();
  const BatchInput input = Noise(1);
  std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim()));
  const auto session = ValueOrThrow(engine.NewSession());
  std::stop_source stop;
  std::vector<std::string> seen;
  const Tap<float> tap = [&](std::string_view name, const Activations<float>&) {
    seen.emplace_back(name);
    if (name == "stage0") stop.request_stop();
  };
  const auto report = session->Run({{}, 1, kSide, kSide, input.pixels}, {embedding}, {tap, stop.get_token()});
  EXPECT_EQ(report.status().code(), Code::kCancelled);
  EXPECT_THAT(seen, testing::ElementsAre("stem", "stage0"));
  EXPECT_EQ(EmbedAlone(engine, input), EmbedAlone(engine, input));  // the program is as good as before
}

TEST(Batcher, GivesTheBitsOfAPictureAlone) {
  const Engine engine = SmallEngine();
  const auto batcher = ValueOrThrow(Batcher::Open(engine, {.batch_size = 4, .sessions = 2}));
  std::vector<std::future<Batcher::Answer>> answers;
  for (uint32_t i = 0; i < 11; ++i) answers.push_back(batcher->Submit(Noise(i, i % 5 == 4 ? 96 : kSide)));
  batcher->Finish();
  for (uint32_t i = 0; i < 11; ++i)
    EXPECT_EQ(ValueOrThrow(answers[i].get()), EmbedAlone(engine, Noise(i, i % 5 == 4 ? 96 : kSide))) << i;
  EXPECT_EQ(batcher->totals().pictures, 11);
  EXPECT_THAT(Refusal(batcher->Submit(Noise(1)).get()), HasSubstr("after the last one"));
}

TEST(Batcher, ADeadlineNeedsNoFullBatch) {
  const auto batcher =
      ValueOrThrow(Batcher::Open(SmallEngine(), {.batch_size = 64, .deadline = std::chrono::milliseconds(1)}));
  EXPECT_TRUE(batcher->Submit(Noise(1)).get().ok());
}

TEST(Batcher, ABadPictureDoesNotTouchItsNeighbours) {
  const Engine engine = SmallEngine();
  const auto batcher = ValueOrThrow(Batcher::Open(engine, {.batch_size = 3}));
  BatchInput infinite{kSide, kSide, {}, AlignedVector<float>(static_cast<size_t>(kSide * kSide * 3), std::nanf(""))};
  BatchInput zeros = infinite;
  std::fill(zeros.data.begin(), zeros.data.end(), 0.0F);
  BatchInput cut = infinite;
  cut.data.pop_back();
  auto first = batcher->Submit(zeros), bad = batcher->Submit(infinite), broken = batcher->Submit(cut);
  auto last = batcher->Submit(zeros);
  batcher->Finish();
  EXPECT_EQ(ValueOrThrow(first.get()), EmbedAlone(engine, zeros));
  EXPECT_EQ(ValueOrThrow(last.get()), EmbedAlone(engine, zeros));
  EXPECT_THAT(Refusal(bad.get()), HasSubstr("not finite"));
  EXPECT_THAT(Refusal(broken.get()), HasSubstr("without its pixels"));
}

TEST(Batcher, WhatIsCancelledIsAnswered) {
  const Engine engine = SmallEngine();
  std::stop_source stop;
  stop.request_stop();
  auto batcher = ValueOrThrow(Batcher::Open(engine, {.batch_size = 2}));
  auto cancelled = batcher->Submit(Noise(1), stop.get_token()), other = batcher->Submit(Noise(2));
  EXPECT_EQ(cancelled.get().status().code(), Code::kCancelled);
  EXPECT_TRUE(other.get().ok());
  auto waiting = batcher->Submit(Noise(3));
  batcher.reset();
  EXPECT_EQ(waiting.get().status().code(), Code::kCancelled);
}

// Every picture gets just one answer, whatever the order of submitting, cancelling, finishing and stopping: a promise
// that is answered twice throws, one that is dropped breaks.
TEST(Batcher, EverySubmittedPictureGetsOneAnswer) {
  const Engine engine = SmallEngine(1);
  std::map<int64_t, std::vector<float>> expected;
  for (const int64_t side : {32, 64}) expected[side] = EmbedAlone(engine, Noise(7, side, side));
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    BatcherOptions options;
    options.batch_size = static_cast<int64_t>(1 + random() % 4);
    options.queue = random() % 6;
    options.sessions = static_cast<int>(1 + random() % 2);
    if (random() % 2 == 0) options.deadline = std::chrono::microseconds(random() % 2000);
    auto batcher = ValueOrThrow(Batcher::Open(engine, options));
    std::stop_source stop;
    std::vector<std::vector<std::future<Batcher::Answer>>> answers(2);
    std::vector<std::jthread> threads;
    for (auto& own : answers) {
      threads.emplace_back([&own, &batcher, &stop, first = static_cast<uint32_t>(random())] {
        std::mt19937 choice(first);
        for (int i = 0; i < 12; ++i) {
          const int64_t side = choice() % 3 == 0 ? 64 : 32;
          own.push_back(
              batcher->Submit(Noise(7, side, side), choice() % 3 == 0 ? stop.get_token() : std::stop_token()));
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    stop.request_stop();
    if (seed % 4 == 0) batcher->Cancel();
    if (seed % 4 == 1) batcher->Finish();
    threads.clear();
    batcher->Finish();
    if (seed % 2 == 0) batcher.reset();
    for (auto& own : answers) {
      for (auto& answer : own) {
        const Batcher::Answer got = answer.get();
        const bool right = !got.ok() || *got == expected[32] || *got == expected[64];
        EXPECT_TRUE(right);
      }
    }
  }
}

class Inference : public testing::Test {
 protected:
  Inference() {
    for (const auto& entry : std::filesystem::directory_iterator(GoldenPath("images"))) paths_.push_back(entry.path());
    std::sort(paths_.begin(), paths_.end());
  }
  std::vector<std::string> paths_;
};

// The pictures are decoded by several threads and come out in their order, with the same bits.
TEST_F(Inference, IsTheSameWithAnyNumberOfThreads) {
  const Engine engine = SmallEngine();
  paths_.insert(paths_.begin() + 2, "missing.jpg");
  paths_.insert(paths_.begin() + 5, paths_[0]);
  const InferenceResult one = ValueOrThrow(RunInference(engine, {.images = paths_, .batch_size = 1, .threads = 1}));
  const InferenceResult many = ValueOrThrow(RunInference(engine, {.images = paths_, .batch_size = 4, .threads = 5}));
  EXPECT_EQ(one.embeddings, many.embeddings);
  EXPECT_EQ(one.warnings, many.warnings);
  ASSERT_EQ(many.failed.size(), 1U);
  EXPECT_EQ(many.failed[0].path, "missing.jpg");
  ASSERT_EQ(many.images.size(), paths_.size() - 1);
  EXPECT_EQ(many.images[0].path, paths_[0]);
  EXPECT_EQ(many.images[4].path, paths_[5]);
  EXPECT_EQ(many.images[4].sha256, many.images[0].sha256);
}

TEST_F(Inference, FailsFastInTheOrderOfThePictures) {
  const Engine engine = SmallEngine();
  paths_.insert(paths_.begin() + 1, "missing.jpg");
  paths_.insert(paths_.begin() + 3, "also missing.jpg");
  EXPECT_THAT(Refusal(RunInference(engine, {.images = paths_, .batch_size = 4, .threads = 3, .fail_fast = true})),
              HasSubstr("missing.jpg: cannot open it"));
}

}  // namespace
}  // namespace convnext
