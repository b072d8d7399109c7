// Sessions that share NPUs, on the emulator: they give the bits of one alone, copy while others execute, never execute
// a model at the same time, and fail apart where they can. The emulator's log tells what its devices did in which
// order, so that no test depends on a time.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "convnext/engine/batcher.h"
#include "emulated_npu.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kSide = 64;
constexpr size_t kPicture = 3UL * kSide * kSide;

struct Pictures {
  std::vector<uint8_t> pixels;
  std::vector<float> data;  // the same, normalised

  int64_t count() const { return static_cast<int64_t>(pixels.size() / kPicture); }
  ImageBatch EightBit() const { return {{}, count(), kSide, kSide, pixels}; }
  ImageBatch Normalized() const { return {data, count(), kSide, kSide}; }
};

// Noise.
Pictures MakePictures(size_t count, uint32_t seed) {
  Pictures pictures{std::vector<uint8_t>(count * kPicture), std::vector<float>(count * kPicture)};
  std::mt19937 random(seed);
  for (uint8_t& value : pictures.pixels) value = static_cast<uint8_t>(random());
  const Preprocessing preprocessing = GoldenConfig("tiny_patch").preprocessing;
  Normalize(pictures.pixels, MakeNormalizationTable(preprocessing), pictures.data);
  return pictures;
}

// What the devices did: "A copy begins" or "B execution of model 1 ends", with a letter for each stream, the first to
// work "A".
struct Operation {
  std::string stream, name;
  bool is_begin = false;
  std::string text() const { return stream + (is_begin ? " begins " : " ends ") + name; }
};

class NpuSessionsTest : public EmulatedNpuTest {
 protected:
  NpuSessionsTest() { SetVariable("ASCEND_EMULATOR_LOG", LogPath()); }

  static NpuOptions Options(std::vector<int> devices = {0}, std::vector<int64_t> batch_sizes = {1, 4}) {
    NpuOptions options;
    options.devices = std::move(devices);
    options.batch_sizes = std::move(batch_sizes);
    options.height = options.width = kSide;
    options.normalization = MakeNormalizationTable(GoldenConfig("tiny_patch").preprocessing);
    return options;
  }
  const ModelFile& model() const { return model_.file; }

  std::shared_ptr<const NpuProgram> Open(std::vector<int> devices = {0}, std::vector<int64_t> batch_sizes = {1, 4}) {
    return ValueOrThrow(NpuProgram::Open(model_.file, Options(std::move(devices), std::move(batch_sizes))));
  }

  static std::vector<float> Embed(NpuSession& session, const ImageBatch& images) {
    std::vector<float> embeddings(Width() * static_cast<size_t>(images.N));
    const auto times = session.Run(images, embeddings);
    EXPECT_TRUE(times.ok()) << times.status().message();
    return embeddings;
  }
  static Status Try(NpuSession& session, const ImageBatch& images) {
    std::vector<float> embeddings(Width() * static_cast<size_t>(images.N));
    return session.Run(images, embeddings).status();
  }
  static size_t Width() { return static_cast<size_t>(GoldenConfig("tiny_patch").embedding_dim()); }

  std::string LogPath() const { return directory() + "/calls"; }
  std::vector<std::string> LogLines(const std::string& start) const {
    std::vector<std::string> lines;
    std::istringstream log(ReadText(LogPath()));
    for (std::string line; std::getline(log, line);) {
      if (line.starts_with(start)) lines.push_back(line);
    }
    return lines;
  }
  size_t CountCalls(const std::string& function) const { return LogLines(function + "(").size(); }

  // Returns when the device has begun an execution.
  void WaitForExecution() const {
    for (int i = 0; i < 60'000 && LogLines("device: begin execution").empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::vector<Operation> Operations() const {
    std::vector<Operation> operations;
    std::map<std::string, std::string> letters;
    for (const std::string& line : LogLines("device: ")) {
      const bool is_begin = line.starts_with("device: begin ");
      const size_t name = std::string(is_begin ? "device: begin " : "device: end ").size(), in = line.rfind(" in ");
      const std::string next(1, static_cast<char>('A' + letters.size()));
      const std::string& letter = letters.try_emplace(line.substr(in), next).first->second;
      operations.push_back({letter, line.substr(name, in - name), is_begin});
    }
    return operations;
  }

  // How many executions of a model run at the same time, at most.
  int MostExecutionsAtOnce() const {
    std::map<std::string, int> running;
    int most = 0;
    for (const Operation& operation : Operations()) {
      if (!operation.name.starts_with("execution")) continue;
      most = std::max(most, running[operation.name] += operation.is_begin ? 1 : -1);
    }
    return most;
  }

 private:
  SyntheticModel model_ = MakeModel(GoldenConfig("tiny_patch"), 1);
};

// The model normalises 8-bit pictures to the bits of the host, in float32; also where a batch is filled up.
TEST_F(NpuSessionsTest, TheDeviceNormalisesToTheSameBits) {
  const auto on_host = ValueOrThrow(Open()->NewSession());
  NpuOptions options = Options();
  options.uint8_input = true;
  const auto program = ValueOrThrow(NpuProgram::Open(model(), options));
  const auto on_device = ValueOrThrow(program->NewSession());
  for (const size_t count : {1U, 3U, 5U}) {
    const Pictures pictures = MakePictures(count, 1);
    EXPECT_EQ(Embed(*on_device, pictures.EightBit()), Embed(*on_host, pictures.EightBit())) << count;
  }
  const Status refused = Try(*on_device, MakePictures(1, 1).Normalized());
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_THAT(refused.message(), HasSubstr("8-bit"));
}

// A board in RC mode takes no asynchronous copies.
TEST_F(NpuSessionsTest, ABoardThatIsItsOwnHostCopiesSynchronously) {
  const Pictures pictures = MakePictures(5, 1);
  const std::vector<float> expected = Embed(*ValueOrThrow(Open()->NewSession()), pictures.Normalized());
  StopAcl();
  SetVariable("ASCEND_EMULATOR_RUN_MODE", "device");
  WriteText(LogPath(), "");
  EXPECT_EQ(Embed(*ValueOrThrow(Open()->NewSession()), pictures.Normalized()), expected);
  EXPECT_EQ(CountCalls("aclrtMemcpyAsync"), 0U);
  EXPECT_GT(CountCalls("aclrtMemcpy"), 1U);
}

// A clock that fails costs the times, not the run.
TEST_F(NpuSessionsTest, EventsWithoutTimesCostOnlyTheTimes) {
  SetVariable("ASCEND_EMULATOR_FAULT", "aclrtEventElapsedTime:2:507000");
  const auto session = ValueOrThrow(Open()->NewSession());
  const Pictures pictures = MakePictures(1, 1);
  std::vector<float> embeddings(Width());
  const auto first = session->Run(pictures.Normalized(), embeddings),
             second = session->Run(pictures.Normalized(), embeddings);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->has_value());
  ASSERT_TRUE(second->has_value());
  EXPECT_GT((*second)->execute_seconds, 0);
}

// In a process of its own, as the thread that hangs stays.
class NpuHangsTest : public NpuSessionsTest {
 protected:
  // Exits with 3 where opening a program fails for a timeout, whose text goes to standard error.
  [[noreturn]] void OpenAndExit(const std::string& fault) const {
    SetVariable("ASCEND_EMULATOR_FAULT", fault);
    NpuOptions options;
    options.height = options.width = kSide;
    options.limits = {.set_device_seconds = 0.3, .load_seconds = 0.3};
    const auto program = NpuProgram::Open(model(), options);
    const bool timeout = !program.ok() && program.status().code() == Code::kUnavailable &&
                         program.status().reasons().at(0).code == "npu.timeout";
    std::fputs(program.status().message().c_str(), stderr);
    std::_Exit(timeout ? 3 : 1);
  }
};

TEST_F(NpuHangsTest, AreNamed) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(OpenAndExit("aclrtSetDevice:hang"), testing::ExitedWithCode(3),
              "aclrtSetDevice has not returned for 0.3");
  EXPECT_EXIT(OpenAndExit("aclmdlLoadFromFile:hang"), testing::ExitedWithCode(3),
              "aclmdlLoadFromFile has not returned for 0.3");
}

TEST_F(NpuSessionsTest, EightBitPicturesAreNormalisedToTheSameBits) {
  const auto session = ValueOrThrow(Open()->NewSession());
  for (const size_t count : {1U, 5U}) {
    const Pictures pictures = MakePictures(count, 1);
    EXPECT_EQ(Embed(*session, pictures.EightBit()), Embed(*session, pictures.Normalized())) << count;
  }
}

// On two devices, with batches that are several runs, shared out unevenly and filled up.
TEST_F(NpuSessionsTest, GiveTheBitsOfOneAlone) {
  SetVariable("ASCEND_EMULATOR_DEVICES", "2");
  const auto program = Open({1, 0}, {4, 8});
  std::vector<Pictures> batches;
  std::vector<std::vector<float>> expected;
  const auto alone = ValueOrThrow(program->NewSession());
  for (const size_t count : {1U, 4U, 5U}) {
    batches.push_back(MakePictures(count, static_cast<uint32_t>(count)));
    expected.push_back(Embed(*alone, batches.back().Normalized()));
  }
  std::vector<std::vector<float>> found[2];
  {
    std::vector<std::jthread> threads;
    for (auto& results : found) {
      threads.emplace_back([&program, &batches, &results] {
        const auto session = ValueOrThrow(program->NewSession());
        for (const Pictures& batch : batches) {
          results.push_back(Embed(*session, batch.EightBit()));
          EXPECT_EQ(Embed(*session, batch.Normalized()), results.back());
        }
      });
    }
  }
  EXPECT_THAT(found, testing::Each(expected));
  EXPECT_EQ(MostExecutionsAtOnce(), 1);
  EXPECT_EQ(CountCalls("aclmdlLoadFromFile"), 4U);  // two models on two devices
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

// The first execution is held until a copy has ended in another stream: which would be never, if the second session
// waited for the first one to end.
TEST_F(NpuSessionsTest, OneCopiesWhileAnotherExecutes) {
  SetVariable("ASCEND_EMULATOR_HELD_EXECUTIONS", "1");
  const auto program = Open();
  const auto first = ValueOrThrow(program->NewSession()), second = ValueOrThrow(program->NewSession());
  const Pictures pictures = MakePictures(1, 1);
  std::vector<float> embeddings;
  std::jthread thread([&first, &pictures, &embeddings] { embeddings = Embed(*first, pictures.EightBit()); });
  WaitForExecution();
  const std::vector<float> found = Embed(*second, pictures.EightBit());
  thread.join();
  EXPECT_EQ(found, embeddings);
  std::vector<std::string> texts;
  const std::vector<Operation> operations = Operations();
  ASSERT_GT(operations.size(), 2U);
  const std::string execution = operations[2].name;
  for (const Operation& operation : operations) texts.push_back(operation.text());
  EXPECT_THAT(texts, ElementsAre("A begins copy", "A ends copy", "A begins " + execution, "B begins copy",
                                 "B ends copy", "A ends " + execution, "A begins copy", "A ends copy",
                                 "B begins " + execution, "B ends " + execution, "B begins copy", "B ends copy"));
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

// The next session has the stream and the memory of one that has ended.
TEST_F(NpuSessionsTest, FollowEachOtherInTheSameStream) {
  const auto program = Open();
  const Pictures pictures = MakePictures(1, 1);
  const std::vector<float> expected = Embed(*ValueOrThrow(program->NewSession()), pictures.EightBit());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Embed(*ValueOrThrow(program->NewSession()), pictures.EightBit()), expected);
  EXPECT_EQ(CountCalls("aclrtCreateStream"), 1U);
  EXPECT_EQ(CountCalls("aclrtMallocHost"), 2U);  // one model's input and output
}

TEST_F(NpuSessionsTest, MissingMemoryIsTheOwnFaultOfASession) {
  const auto program = Open();
  const auto first = ValueOrThrow(program->NewSession()), second = ValueOrThrow(program->NewSession());
  const Pictures pictures = MakePictures(1, 1);
  const std::vector<float> expected = Embed(*first, pictures.EightBit());
  SetVariable("ASCEND_EMULATOR_FAULT", "aclrtMallocHost:200000");
  const Status status = Try(*second, pictures.EightBit());
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reasons().at(0).code, "npu.host.memory");
  EXPECT_EQ(Embed(*first, pictures.EightBit()), expected);
  EXPECT_EQ(Embed(*second, pictures.EightBit()), expected);  // there is memory again
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

// What a device does after a failed run is unknown: nobody uses it again.
TEST_F(NpuSessionsTest, AFailedDeviceHasFailedForAll) {
  {
    const auto program = Open();
    const auto first = ValueOrThrow(program->NewSession()), second = ValueOrThrow(program->NewSession());
    const Pictures pictures = MakePictures(1, 1);
    const std::vector<float> expected = Embed(*first, pictures.EightBit());
    EXPECT_EQ(Embed(*second, pictures.EightBit()), expected);
    SetVariable("ASCEND_EMULATOR_FAULT", "aclmdlExecuteAsync:507015");
    const Status failed = Try(*first, pictures.EightBit());
    EXPECT_EQ(failed.reasons().at(0).code, "npu.execute");
    EXPECT_THAT(failed.message(), HasSubstr("npu:0"));
    const size_t executions = CountCalls("aclmdlExecuteAsync");
    EXPECT_EQ(Try(*second, pictures.EightBit()).message(), failed.message());
    EXPECT_EQ(program->NewSession().status().message(), failed.message());
    EXPECT_EQ(CountCalls("aclmdlExecuteAsync"), executions);
  }
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

// A session that waits for its turn while the device fails does not take it.
TEST_F(NpuSessionsTest, ADeviceFailsWhileAnotherSessionWaits) {
  SetVariable("ASCEND_EMULATOR_HELD_EXECUTIONS", "1");
  SetVariable("ASCEND_EMULATOR_FAULT", "aclrtRecordEvent:5:507000");  // the first session's last, after its execution
  const auto program = Open();
  const auto first = ValueOrThrow(program->NewSession()), second = ValueOrThrow(program->NewSession());
  const Pictures pictures = MakePictures(1, 1);
  Status failed;
  std::jthread thread([&first, &pictures, &failed] { failed = Try(*first, pictures.EightBit()); });
  WaitForExecution();
  const Status refused = Try(*second, pictures.EightBit());
  thread.join();
  EXPECT_EQ(failed.code(), Code::kUnavailable);
  EXPECT_EQ(refused.message(), failed.message());
  EXPECT_EQ(CountCalls("aclmdlExecuteAsync"), 1U);
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

TEST_F(NpuSessionsTest, AStopIsSeenBetweenBatches) {
  const auto session = ValueOrThrow(Open()->NewSession());
  const Pictures pictures = MakePictures(5, 1);
  std::vector<float> embeddings(5 * Width());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(session->Run(pictures.EightBit(), embeddings, stop.get_token()).status().code(), Code::kCancelled);
  EXPECT_EQ(CountCalls("aclmdlExecuteAsync"), 0U);
  EXPECT_TRUE(Try(*session, pictures.EightBit()).ok());  // the device is as good as before
}

TEST_F(NpuSessionsTest, ServeABatcher) {
  const SyntheticModel model = MakeModel(GoldenConfig("tiny_patch"), 1);
  EngineOptions options;
  options.backend.device = "npu";
  options.image_size = {{kSide, kSide}};
  options.batch_sizes = {1};  // the emulator's bits depend on the batch size
  const Engine engine = ValueOrThrow(LoadEngine(model.file, options));
  const auto batcher = ValueOrThrow(Batcher::Open(engine, {.batch_size = 4, .sessions = 2}));
  std::vector<std::future<Batcher::Answer>> answers;
  for (uint32_t i = 0; i < 12; ++i) answers.push_back(batcher->Submit({kSide, kSide, MakePictures(1, i).pixels, {}}));
  batcher->Finish();
  for (uint32_t i = 0; i < 12; ++i) {
    std::vector<float> alone(static_cast<size_t>(engine.embedding_dim()));
    ASSERT_TRUE(engine.Embed(MakePictures(1, i).EightBit(), alone).ok());
    EXPECT_EQ(ValueOrThrow(answers[i].get()), alone) << i;
  }
  EXPECT_EQ(MostExecutionsAtOnce(), 1);
  EXPECT_THAT(LogLines("EMULATOR:"), IsEmpty());
}

}  // namespace
}  // namespace convnext
