// Errors, JSON, hashes, text and threads.
#include "convnext/base/base.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "convnext/json/json.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;

Result<std::unique_ptr<int>> HalveEven(int number, int& calls) {
  ++calls;
  if (number % 2 != 0) return Invalid("{} is odd", number);
  return std::make_unique<int>(number / 2);
}

// Errors return where they are met, as a Status and as a Result of another type; values move through.
Result<std::string> QuarterText(int number, int& calls) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto half, HalveEven(number, calls));
  std::unique_ptr<int> quarter;
  CONVNEXT_ASSIGN_OR_RETURN(quarter, HalveEven(*half, calls));
  return std::to_string(*quarter);
}

Status CheckQuarter(int number, int& calls) {
  if (number > 0)
    CONVNEXT_RETURN_IF_ERROR(QuarterText(number, calls).status());
  else
    return Internal("{} is not positive", number);
  return {};
}

TEST(StatusMacros, AssignAValueOrReturnTheError) {
  int calls = 0;
  EXPECT_EQ(ValueOrThrow(QuarterText(12, calls)), "3");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(Refusal(QuarterText(6, calls)), "3 is odd");
  EXPECT_EQ(Refusal(QuarterText(5, calls)), "5 is odd");
  EXPECT_EQ(calls, 5);
}

TEST(StatusMacros, ReturnTheErrorOrGoOn) {
  int calls = 0;
  EXPECT_TRUE(CheckQuarter(12, calls).ok());
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(CheckQuarter(6, calls).message(), "3 is odd");
  EXPECT_EQ(CheckQuarter(0, calls).code(), Code::kInternal);
  EXPECT_EQ(calls, 4);
}

// A reason travels with the error, commas of the expression do no harm, and uses nest.
TEST(StatusMacros, KeepTheReasonsAndNest) {
  const auto nested = []() -> Result<int> {
    CONVNEXT_ASSIGN_OR_RETURN(const int one, [&]() -> Result<int> {
      CONVNEXT_ASSIGN_OR_RETURN(const int two, Result<int>(std::pair<int, int>{2, 3}.first));
      CONVNEXT_RETURN_IF_ERROR(std::is_same_v<int, bool> ? Invalid("never") : Status());
      return two - 1;
    }());
    CONVNEXT_RETURN_IF_ERROR(Status(std::vector<BlockingReason>{{"npu.none", "no NPU", "none is there", "buy one"}}));
    return one;
  };
  const auto result = nested();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kUnavailable);
  EXPECT_THAT(result.status().reasons(), testing::SizeIs(1));
}

TEST(Json, KeepsValuesAndTheOrderOfNames) {
  const auto json = ValueOrThrow(ParseJson(R"({"b": [1, -2, 0.5, true, null], "a": "é\n"})"));
  EXPECT_EQ(json.dump(), R"({"b":[1,-2,0.5,true,null],"a":"é\n"})");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string text : {"", " ", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "NaN", "Infinity", "01", "1 2", "{} x",
                                 "[1] // comment", "\"\n\"", "\"\xff\"", "\"\xed\xa0\x80\"", "1e999", "tru"}) {
    EXPECT_THAT(Refusal(ParseJson(text)), HasSubstr("not valid JSON: syntax error in line ")) << text;
  }
}

TEST(Json, NamesLineAndColumn) {
  EXPECT_THAT(Refusal(ParseJson("{\n  \"a\": 1,\n  \"b\" 2\n}")), HasSubstr("in line 3, column 7"));
  EXPECT_THAT(Refusal(ParseJson("x")), HasSubstr("in line 1, column 1"));
}

TEST(Json, RefusesANameThatStandsTwice) {
  EXPECT_THAT(Refusal(ParseJson(R"({"a": {"b": 1, "b\u0000": 1, "b": 2}})")), HasSubstr("\"b\" stands twice"));
  EXPECT_TRUE(ParseJson(R"([{"a": 1}, {"a": {"a": 1}}])").ok());
}

TEST(Json, LimitsDepthAndSize) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(16)).ok());
  EXPECT_THAT(Refusal(ParseJson(nested(17))), HasSubstr("nested deeper than 16 levels"));
  EXPECT_THAT(Refusal(ParseJson(std::string(1 << 20, '['))), HasSubstr("nested deeper"));
  EXPECT_TRUE(ParseJson("[1,2]", {.bytes = 5}).ok());
  EXPECT_THAT(Refusal(ParseJson("[1,22]", {.bytes = 5})), HasSubstr("6 bytes of JSON; at most 5"));
}

// The time grows with the text, not with its square, which would take longer than a test may (tests/CMakeLists.txt): a
// hostile file can hold a million names.
TEST(Json, ManyNames) {
  std::string text = "{";
  for (int i = 0; i < 600'000; ++i) text += fmt::format("{}\"{:07}\":0", i > 0 ? "," : "", i);
  EXPECT_EQ(ValueOrThrow(ParseJson(text + "}")).size(), 600'000U);
}

TEST(Sha256, TellsADigestFromOtherTexts) {
  const std::string digest = Sha256({});
  EXPECT_TRUE(IsSha256Hex(digest));
  for (const std::string& text : {std::string(), digest.substr(1), digest + "0", "E" + digest.substr(1),
                                  "g" + digest.substr(1), std::string(64, '\0')})
    EXPECT_FALSE(IsSha256Hex(text)) << text;
}

// FIPS 180-4's examples, and the lengths around a block of 64 bytes.
TEST(Sha256, KnownVectors) {
  EXPECT_EQ(Sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256(BytesOf("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256(BytesOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256(BytesOf(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Recent, KeepsWhatWasAskedForLast) {
  Recent<int, int> squares(2);
  int computed = 0;
  const auto square = [&](int x) {
    return squares.Get(x, [&] {
      ++computed;
      return x * x;
    });
  };
  for (const int x : {1, 2, 1, 2, 1}) EXPECT_EQ(square(x), x * x);
  EXPECT_EQ(computed, 2);
  EXPECT_EQ(square(3), 9);  // in the place of 2
  EXPECT_EQ(square(1), 1);
  EXPECT_EQ(computed, 3);
  EXPECT_EQ(square(2), 4);
  EXPECT_EQ(computed, 4);
}

TEST(Recent, DoesNotKeepWhatIsRefused) {
  Recent<int, int> values(2);
  for (const int computed : {-1, 5, 7}) {
    const int value = values.Get(
        0, [computed] { return computed; }, [](int x) { return x > 0; });
    EXPECT_EQ(value, computed == 7 ? 5 : computed);
  }
}

TEST(Recent, ManyThreadsGetWhatTheyAskFor) {
  Recent<int, std::string> texts(3);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&texts, &wrong, t] {
      for (int i = 0; i < 1000; ++i) {
        const int key = (i * (t + 1)) % 5;
        wrong += texts.Get(key, [key] { return std::to_string(key); }) != std::to_string(key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 3, 16}) {
    ThreadPool pool(threads);
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{5}, size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      pool.Run(count, [&](size_t index, size_t worker) {
        EXPECT_LT(worker, static_cast<size_t>(pool.size()));
        ++calls[index];
      });
      for (const auto& n : calls) ASSERT_EQ(n, 1) << threads << " threads, " << count << " indices";
    }
  }
}

TEST(ThreadPool, RunsOneLoopAfterTheOther) {
  ThreadPool pool(4);
  int64_t sum = 0;  // what the loop wrote is seen after it
  for (int64_t round = 0; round < 2000; ++round) {
    int64_t parts[7] = {};
    pool.Run(7, [&](size_t index, size_t) { parts[index] = round; });
    for (const int64_t part : parts) sum += part;
  }
  EXPECT_EQ(sum, 7 * 1999 * 2000 / 2);
}

TEST(ThreadPool, SizeAndCores) {
  EXPECT_EQ(ThreadPool(1).size(), 1);
  EXPECT_EQ(ThreadPool(0).size(), 1);
  EXPECT_EQ(ThreadPool(3).size(), 3);
  EXPECT_GE(AvailableCores(), 1);
}

TEST(QuotaCores, ReadsBothKindsOfGroups) {
  const TemporaryDirectory v2, v1;
  EXPECT_FALSE(QuotaCores(v2.path()));
  ASSERT_TRUE(WriteFile(v2 / "proc/self/cgroup", "1:cpu:/x\n0::/a/b\n").ok());
  ASSERT_TRUE(WriteFile(v2 / "sys/fs/cgroup/a/b/cpu.max", "max 100000\n").ok());
  EXPECT_FALSE(QuotaCores(v2.path()));
  ASSERT_TRUE(WriteFile(v2 / "sys/fs/cgroup/cpu.max", "400000 100000\n").ok());
  EXPECT_EQ(QuotaCores(v2.path()), 4.0);
  ASSERT_TRUE(WriteFile(v2 / "sys/fs/cgroup/a/b/cpu.max", "150000 100000\n").ok());
  EXPECT_EQ(QuotaCores(v2.path()), 1.5);
  ASSERT_TRUE(WriteFile(v2 / "sys/fs/cgroup/a/cpu.max", "50000 100000\n").ok());
  EXPECT_EQ(QuotaCores(v2.path()), 0.5);  // of the group around it
  ASSERT_TRUE(WriteFile(v1 / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n").ok());
  ASSERT_TRUE(WriteFile(v1 / "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n").ok());
  EXPECT_FALSE(QuotaCores(v1.path()));
  ASSERT_TRUE(WriteFile(v1 / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n").ok());
  EXPECT_EQ(QuotaCores(v1.path()), 0.5);
}

// As under systemd's CPUQuota on a system with cgroup v1.
TEST(QuotaCores, ReadsTheGroupsAroundUsOfV1) {
  const TemporaryDirectory root;
  const std::string cpu = root / "sys/fs/cgroup/cpu";
  const auto set = [&](const std::string& group, const std::string& quota) {
    EXPECT_TRUE(WriteFile(cpu + group + "/cpu.cfs_quota_us", quota).ok());
    EXPECT_TRUE(WriteFile(cpu + group + "/cpu.cfs_period_us", "100000\n").ok());
  };
  ASSERT_TRUE(WriteFile(root / "proc/self/cgroup",
                        "9:cpuset:/other\n4:cpu,cpuacct:/system.slice/x.service\n1:name=systemd:/other\n")
                  .ok());
  set("", "-1\n");
  set("/other", "100000\n");
  EXPECT_FALSE(QuotaCores(root.path()));
  set("/system.slice", "800000\n");
  EXPECT_EQ(QuotaCores(root.path()), 8.0);
  set("/system.slice/x.service", "400000\n");
  EXPECT_EQ(QuotaCores(root.path()), 4.0);
}

TEST(QuotaCores, TakesNoHarmFromOddText) {
  for (const char* groups : {"", ":", "::", "0::", "0::x", "0::/", "0:://", "0::/a/", "0::/../..", "no group at all"}) {
    const TemporaryDirectory root;
    ASSERT_TRUE(WriteFile(root / "proc/self/cgroup", groups).ok());
    for (const char* quota : {"", "max", "nan 1", "1 nan", "-1 100000", "0 0", "100000", "x y"}) {
      ASSERT_TRUE(WriteFile(root / "sys/fs/cgroup/cpu.max", quota).ok());
      EXPECT_FALSE(QuotaCores(root.path())) << groups << " " << quota;
    }
  }
}

TEST(QuotaCores, LeavesBetweenOneAndAll) {
  EXPECT_EQ(CoresWithin(std::nullopt, 8), 8);
  EXPECT_EQ(CoresWithin(std::nullopt, 0), 1);
  EXPECT_EQ(CoresWithin(0.1, 8), 1);
  EXPECT_EQ(CoresWithin(2.5, 8), 3);
  EXPECT_EQ(CoresWithin(9.0, 8), 8);
  EXPECT_EQ(CoresWithin(1e300, 8), 8);
  EXPECT_EQ(CoresWithin(std::numeric_limits<double>::infinity(), 8), 8);
}

TEST(Limits, BothEndsAreAllowedAndWhatIsOutsideIsSaid) {
  for (const int64_t inside : {1, 2, 4096}) EXPECT_TRUE(CheckBounds("batch size", inside, kBatchSizes).ok());
  EXPECT_EQ(Refusal(CheckBounds<int64_t>("batch size", 0, kBatchSizes)), "batch size 0: expected 1 to 4096");
  EXPECT_EQ(Refusal(CheckBounds<int64_t>("batch size", 4097, kBatchSizes)), "batch size 4097: expected 1 to 4096");
  constexpr Bounds<double> kSeconds{0, 86'400};
  EXPECT_TRUE(CheckBounds("time", 86'400.0, kSeconds).ok());
  EXPECT_EQ(Refusal(CheckBounds("time", -0.5, kSeconds)), "time -0.5: expected 0 to 86400");
  EXPECT_THAT(Refusal(CheckBounds("time", std::numeric_limits<double>::quiet_NaN(), kSeconds)), HasSubstr("nan"));
}

TEST(Text, PrintableHidesControlCharacters) {
  EXPECT_EQ(Printable("a/b é 模型 😀"), "a/b é 模型 😀");
  EXPECT_EQ(Printable(std::string_view("\0\x1b[31m\r\n\x7f", 9)), "\\x00\\x1b[31m\\x0d\\x0a\\x7f");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");  // CSI as one character
  EXPECT_EQ(Printable("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
}

// Printable gives UTF-8, so that its text goes into JSON and comes back the same.
TEST(Text, PrintableGivesUtf8) {
  EXPECT_EQ(Printable("\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xc2\xa0").size(), 16u);
  for (const std::string_view wrong : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    EXPECT_EQ(Printable(wrong).size(), 4 * wrong.size()) << Printable(wrong);
  }
}

TEST(Text, PrintableCutsLongText) {
  EXPECT_EQ(Printable("12345", 5), "12345");
  EXPECT_EQ(Printable("123456", 5), "12345...");
  EXPECT_LT(Printable(std::string(1000, '\n'), 100).size(), 110u);
}

TEST(Text, RoundToIsPythonsRound) {
  EXPECT_EQ(RoundTo(2.0 / 3, 6), 0.666667);
  EXPECT_EQ(RoundTo(0.125, 2), 0.12);  // a tie goes to the even digit
  EXPECT_EQ(RoundTo(2.675, 2), 2.67);  // the double lies below the tie
  EXPECT_EQ(RoundTo(-1234.5678, 0), -1235);
  EXPECT_EQ(RoundTo(1e300, 6), 1e300);
  EXPECT_EQ(RoundTo(std::nextafter(93.25, 100), 6), 93.25);
  EXPECT_EQ(RoundTo(-std::numeric_limits<double>::infinity(), 6), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(RoundTo(std::numeric_limits<double>::quiet_NaN(), 6)));
}

TEST(Text, ShapesAndCounts) {
  const int64_t shape[] = {1, 3, 256};
  EXPECT_EQ(ShapeText(shape), "[1, 3, 256]");
  EXPECT_EQ(ShapeText({}), "[]");
  EXPECT_EQ(Pluralize(0, "tensor"), "0 tensors");
  EXPECT_EQ(Pluralize(1, "tensor"), "1 tensor");
}

TEST(Text, LowerCaseIsOfAscii) {
  EXPECT_EQ(LowerCase("AZ az @[ 09"), "az az @[ 09");
  EXPECT_EQ(LowerCase("\xc3\x89\xff"), "\xc3\x89\xff");  // a capital E with an accent in UTF-8 stays
  EXPECT_EQ(LowerCase(std::string_view("A\0B", 3)), std::string_view("a\0b", 3));
}

TEST(Clock, NanosecondsAreTheClocksOwn) {
  for (const int64_t count :
       {0L, 1L, 3L, 999'999'999L, 1'000'000'001L, 123'456'789'012'345L, 20L * 86'400'000'000'000}) {
    for (int64_t i = count; i < count + 1000; ++i) {
      ASSERT_EQ(Nanoseconds(std::chrono::duration<double>(std::chrono::nanoseconds(i)).count()), i);
    }
  }
  EXPECT_EQ(Nanoseconds(-1.4e-9), -1);
}

TEST(Status, CarriesCodeAndContext) {
  EXPECT_TRUE(Status().ok());
  const Status status = Unavailable("no {}", "device").Prefixed("npu:0");
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.message(), "npu:0: no device");
  EXPECT_EQ(Result<int>(IoError("x")).status().code(), Code::kIo);
}

TEST(Clock, TimestampHasADateAndATime) {
  EXPECT_THAT(Timestamp(), testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"));
  EXPECT_GE(Stopwatch().Seconds(), 0);
}

// A thread that gives its turn back and wants the next one comes after those who wait.
TEST(TurnMutex, ServesInTheOrderOfComing) {
  TurnMutex turn;
  std::vector<int> order;
  std::atomic<int> waiting = 0;
  turn.lock();
  EXPECT_FALSE(turn.try_lock());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      ++waiting;
      const std::lock_guard mine(turn);
      order.push_back(i);
    });
    while (waiting <= i) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until it has its ticket
  }
  turn.unlock();
  {
    const std::lock_guard mine(turn);
    order.push_back(4);
  }
  threads.clear();
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(turn.try_lock());
  turn.unlock();
}

}  // namespace
}  // namespace convnext
