// Statistics of times: NumPy's, and a verdict on how steady they are.
#include "convnext/facts/statistics.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Expectation {
  std::vector<int64_t> times_ns;
  std::array<double, 8> numpy;  // mean, std, min, max, percentiles 50, 90, 95, 99
};

// By numpy 2.4: t = numpy.array(times_ns, numpy.int64) / 1e9; t.mean(), t.std(), ..., numpy.percentile(t, 99).
const std::vector<Expectation>& Expectations() {
  static const std::vector<Expectation> table = {
      // one value
      {{123456789}, {0.123456789, 0.0, 0.123456789, 0.123456789, 0.123456789, 0.123456789, 0.123456789, 0.123456789}},
      // two
      {{1000000000, 3000000000}, {2.0, 1.0, 1.0, 3.0, 2.0, 2.8, 2.9, 2.98}},
      // an odd count
      {{5, 3, 9, 1, 7}, {5e-09, 2.82842712474619e-09, 1e-09, 9e-09, 5e-09, 8.2e-09, 8.6e-09, 8.92e-09}},
      // an even count
      {{40000001, 10000003, 30000007, 20000009},
       {0.025000005, 0.01118033899307217, 0.010000003, 0.040000001, 0.025000007999999997, 0.0370000028, 0.0385000019,
        0.03970000118}},
      // ten values
      {{102345678, 99876543, 101234567, 100000001, 98765432, 103456789, 100500500, 99000999, 131415926, 100111222},
       {0.1036707657, 0.009348749770429004, 0.098765432, 0.131415926, 0.100305861, 0.10625270269999998,
        0.11883431434999996, 0.12889960367}},
      // ties
      {{7000000, 7000000, 7000000, 9000000, 9000000, 7000000, 8000000},
       {0.007714285714285714, 0.0008806305718527106, 0.007, 0.009, 0.007, 0.009, 0.009, 0.009}},
      // zeros
      {{0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}},
      {{0, 1}, {5e-10, 5e-10, 0.0, 1e-09, 5e-10, 9.000000000000001e-10, 9.5e-10, 9.9e-10}},
      // as large as int64 goes: their sum does not fit in it
      {{9223372036854775807, 1, 4611686018427387904, 9223372036854775806, 6917529027641081856, 9223372036854775807},
       {6533221859.4388, 3372281714.7945414, 1e-09, 9223372036.854776, 8070450532.247929, 9223372036.854776,
        9223372036.854776, 9223372036.854776}},
  };
  return table;
}

void ExpectRelative(double value, double expected) { EXPECT_NEAR(value, expected, 1e-12 * expected); }

TEST(Summarize, IsNumpys) {
  for (const auto& [times_ns, numpy] : Expectations()) {
    SCOPED_TRACE(testing::PrintToString(times_ns));
    const TimeStatistics s = Summarize(times_ns);
    ExpectRelative(s.avg_sec, numpy[0]);
    ExpectRelative(s.std_sec, numpy[1]);
    const std::array<double, 6> ordered = {s.min_sec, s.max_sec, s.p50_sec, s.p90_sec, s.p95_sec, s.p99_sec};
    EXPECT_THAT(ordered, testing::ElementsAreArray(numpy.begin() + 2, numpy.end()));  // to the last bit
  }
}

TEST(Summarize, EqualTimesHaveNoDeviation) {
  for (const int64_t time : {int64_t{1}, int64_t{333333333}, std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(Summarize(std::vector<int64_t>(7, time)).std_sec, 0);
  }
}

// One nanosecond in 104 days and more, which a double of nanoseconds cannot hold.
TEST(Summarize, SmallDeviationsOfLongTimesAreExact) {
  const int64_t long_ns = (int64_t{1} << 62) + 1;
  EXPECT_EQ(Summarize(std::vector<int64_t>{long_ns, long_ns + 2, long_ns, long_ns + 2}).std_sec, 1e-9);
}

std::vector<int64_t> RandomTimes(std::mt19937_64& random) {
  std::vector<int64_t> times(1 + random() % 40);
  const int64_t base = static_cast<int64_t>(random() >> (20 + random() % 40));
  const auto spread = static_cast<uint64_t>(1 + base / static_cast<int64_t>(1 + random() % 1000));
  for (int64_t& time : times) time = base + static_cast<int64_t>(random() % spread);
  return times;
}

TEST(Summarize, IsOrderedAndIndependentOfOrder) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<int64_t> times = RandomTimes(random);
    const TimeStatistics s = Summarize(times);
    const std::vector<double> ordered = {s.min_sec, s.p50_sec, s.p90_sec, s.p95_sec, s.p99_sec, s.max_sec};
    ASSERT_TRUE(std::is_sorted(ordered.begin(), ordered.end())) << testing::PrintToString(times);
    ASSERT_LE(s.std_sec, (s.max_sec - s.min_sec) / 2 * (1 + 1e-6));
    std::reverse(times.begin(), times.end());
    ASSERT_EQ(Summarize(times).avg_sec, s.avg_sec);
    ASSERT_EQ(Summarize(times).p95_sec, s.p95_sec);
  }
}

TEST(Summarize, Scales) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200; ++i) {
    std::vector<int64_t> times = RandomTimes(random);
    const TimeStatistics s = Summarize(times);
    for (int64_t& time : times) time *= 1000;
    const TimeStatistics scaled = Summarize(times);
    ExpectRelative(scaled.avg_sec, 1000 * s.avg_sec);
    ExpectRelative(scaled.std_sec, 1000 * s.std_sec);
    ExpectRelative(scaled.p99_sec, 1000 * s.p99_sec);
  }
}

TEST(Percentile, Ends) {
  const std::vector<double> values = {1, 2, 4};
  EXPECT_EQ(Percentile(values, 0), 1);
  EXPECT_EQ(Percentile(values, 25), 1.5);
  EXPECT_EQ(Percentile(values, 75), 3);
  EXPECT_EQ(Percentile(values, 100), 4);
}

TEST(AssessStability, SteadyTimesAreStable) {
  const Stability s = AssessStability(std::vector<int64_t>{100, 102, 98, 101, 99});
  EXPECT_NEAR(s.coefficient_of_variation, 0.0141421356, 1e-9);
  EXPECT_NEAR(s.drift, 100.0 / 101 - 1, 1e-12);  // median of {101, 99} over that of {100, 102}
  EXPECT_TRUE(s.stable);
  EXPECT_EQ(s.reason, "");
}

TEST(AssessStability, SaysHowMuchTheyVary) {
  const Stability s = AssessStability(std::vector<int64_t>{90, 110, 90, 110});
  EXPECT_FALSE(s.stable);
  EXPECT_EQ(s.drift, 0);
  EXPECT_EQ(s.reason, "the times vary by 10.0 % (coefficient of variation; at most 5 % counts as stable)");
}

TEST(AssessStability, SaysHowTheyDrift) {
  const Stability s = AssessStability(std::vector<int64_t>{100, 100, 100, 108, 108, 108});
  EXPECT_FALSE(s.stable);
  EXPECT_NEAR(s.drift, 0.08, 1e-12);
  EXPECT_EQ(s.reason,
            "the times drift: the last half's median is 8.0 % above the first half's (at most 5 % counts as stable)");
  EXPECT_THAT(AssessStability(std::vector<int64_t>{108, 108, 100, 100}).reason, HasSubstr("7.4 % below"));
  EXPECT_THAT(AssessStability(std::vector<int64_t>{100, 200}).reason,
              AllOf(HasSubstr("vary by 33.3 %"), HasSubstr("; the times drift"), HasSubstr("100.0 % above")));
}

// Numbers always, never NaN or infinity: a JSON file cannot hold those.
TEST(AssessStability, TooLittleToTell) {
  const Stability single = AssessStability(std::vector<int64_t>{100});
  EXPECT_FALSE(single.stable);
  EXPECT_THAT(single.reason, StartsWith("a single run"));
  EXPECT_EQ(single.coefficient_of_variation, 0);
  EXPECT_EQ(single.drift, 0);
  for (const std::vector<int64_t>& zeros : {std::vector<int64_t>{0, 0}, {0, 5}, {0}}) {
    const Stability s = AssessStability(zeros);
    EXPECT_FALSE(s.stable);
    EXPECT_EQ(s.drift, 0);
  }
  EXPECT_THAT(AssessStability(std::vector<int64_t>{0, 0}).reason, StartsWith("a time of zero"));
}

}  // namespace
}  // namespace convnext
