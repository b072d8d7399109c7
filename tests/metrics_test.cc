// Error metrics against values worked out by hand, and what NaN, infinities and zeros do to them.
#include <cmath>
#include <limits>
#include <vector>

#include "test_util.h"

namespace convnext {
namespace {

using Values = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Metrics, WorkedByHand) {
  const Metrics m = Compare(Values{3, -4, 0, 0}, Values{3, -4.5, 0, 0.25});
  EXPECT_EQ(m.max_abs_error, 0.5);
  EXPECT_EQ(m.mean_abs_error, 0.1875);
  EXPECT_EQ(m.max_rel_error_pct, 12.5);
  EXPECT_EQ(m.mean_rel_error_pct, 4.6875);
  EXPECT_NEAR(m.norm_rel_error_pct, 100 * std::sqrt(0.3125) / 5, 1e-12);
  EXPECT_EQ(m.mse, 0.078125);
  EXPECT_EQ(m.snr_db, 19.0309);  // 10 log10(25 / 0.3125) = 10 log10(80) = 19.03089987
  EXPECT_NEAR(m.cosine_similarity, 27 / (5 * std::sqrt(29.3125)), 1e-15);
}

// SNR as it is usually computed, from means: 10 log10(mean(reference^2) / mse).
TEST(Metrics, SnrIsTheMeanSquareOverTheError) {
  const Values reference = {0.25, -1.5, 2, 0.125, -0.75}, test = {0.2501, -1.4998, 2.0003, 0.1249, -0.7502};
  double mean_square = 0;
  for (const double value : reference) mean_square += value * value / 5;
  const Metrics m = Compare(reference, test);
  EXPECT_NEAR(m.snr_db, 10 * std::log10(mean_square / m.mse), 1e-6);
  EXPECT_EQ(m.snr_db, RoundTo(m.snr_db, 6));
}

// Two rows of four channels: the first towers, the third is far off in its own measure, the last is measured by the
// median channel.
TEST(WorstChannel, IsMeasuredByItself) {
  const Values reference = {100, 2, 1, 0.01, -100, -1, -2, 0}, good = reference;
  Values test = reference;
  test[0] = 101;
  test[6] = -2.1;
  test[7] = 0.08;
  const ChannelError worst = WorstChannel(reference, test, 2, 4);
  EXPECT_EQ(worst.channel, 2U);
  EXPECT_NEAR(worst.rel_error_pct, 5, 1e-9);
  EXPECT_EQ(worst.measure, 2);
  EXPECT_LT(Compare(Values{-100, -1, -2, 0}, Values{-100, -1, -2.1, 0.08}).max_rel_error_pct, 0.11);
  EXPECT_EQ(WorstChannel(reference, good, 2, 4).rel_error_pct, 0);
  // [1, 2, 4]: four pixels of each channel.
  EXPECT_EQ(WorstChannel(reference, test, 1, 2).channel, 0U);
  EXPECT_EQ(WorstChannel(reference, test, 1, 2).rel_error_pct, 1);
}

TEST(WorstChannel, NothingBadLooksGood) {
  const Values reference = {1, 2, 3}, zeros = {0, 0, 0};
  EXPECT_TRUE(std::isnan(WorstChannel(reference, Values{1, kNaN, 9}, 1, 3).rel_error_pct));
  EXPECT_EQ(WorstChannel(reference, Values{1, kNaN, 9}, 1, 3).channel, 1U);
  EXPECT_TRUE(std::isnan(WorstChannel(Values{kNaN, 2, 3}, reference, 1, 3).rel_error_pct));
  EXPECT_FALSE(std::isfinite(WorstChannel(reference, Values{1, 2, kInfinity}, 1, 3).rel_error_pct));
  EXPECT_FALSE(std::isfinite(WorstChannel(Values{1, kInfinity, 3}, reference, 1, 3).rel_error_pct));
  EXPECT_EQ(WorstChannel(zeros, zeros, 1, 3).rel_error_pct, 0);
  EXPECT_EQ(WorstChannel(zeros, Values{0, 0, 1}, 1, 3).rel_error_pct, kInfinity);
}

TEST(Metrics, EqualVectorsHaveNoError) {
  for (const Values& values : {Values{1, -2, 3}, Values{0, 0, 0}}) {
    const Metrics m = Compare(values, values);
    EXPECT_EQ(m.max_abs_error, 0);
    EXPECT_EQ(m.max_rel_error_pct, 0);
    EXPECT_EQ(m.mean_rel_error_pct, 0);
    EXPECT_EQ(m.norm_rel_error_pct, 0);
    EXPECT_EQ(m.snr_db, kInfinity);
  }
  EXPECT_NEAR(Compare(Values{1, -2, 3}, Values{1, -2, 3}).cosine_similarity, 1, 1e-15);
}

TEST(Metrics, AnErrorOverAReferenceOfZerosIsInfinite) {
  const Metrics m = Compare(Values{0, 0}, Values{0, 0.5});
  EXPECT_EQ(m.max_abs_error, 0.5);
  EXPECT_EQ(m.max_rel_error_pct, kInfinity);
  EXPECT_EQ(m.mean_rel_error_pct, kInfinity);
  EXPECT_EQ(m.norm_rel_error_pct, kInfinity);
  EXPECT_EQ(m.snr_db, -kInfinity);
  EXPECT_TRUE(std::isnan(m.cosine_similarity));
}

// NaN in any place, in either vector, and a finite error after it.
TEST(Metrics, NaNStays) {
  for (size_t place = 0; place < 3; ++place) {
    Values good = {1, 2, 3}, bad = {1.5, 2.5, 3.5};
    bad[place] = kNaN;
    for (const Metrics& m : {Compare(good, bad), Compare(bad, good), Compare(bad, bad)}) {
      for (const double figure : {m.max_abs_error, m.mean_abs_error, m.max_rel_error_pct, m.mean_rel_error_pct,
                                  m.norm_rel_error_pct, m.cosine_similarity, m.mse, m.snr_db}) {
        EXPECT_TRUE(std::isnan(figure)) << place;
      }
    }
  }
}

TEST(Metrics, InfinitiesAreNeverASmallError) {
  const Values good = {1, 2}, bad = {kInfinity, 2}, other = {-kInfinity, 2};
  for (const Metrics& m : {Compare(good, bad), Compare(bad, good), Compare(bad, bad), Compare(bad, other)}) {
    EXPECT_FALSE(std::isfinite(m.max_abs_error));
    EXPECT_FALSE(std::isfinite(m.max_rel_error_pct));
    EXPECT_FALSE(std::isfinite(m.norm_rel_error_pct));
    EXPECT_TRUE(std::isnan(m.cosine_similarity));
    EXPECT_FALSE(m.snr_db > 0);
  }
}

TEST(Metrics, LargerOrNan) {
  EXPECT_EQ(LargerOrNan(1, 2), 2);
  EXPECT_EQ(LargerOrNan(2, 1), 2);
  EXPECT_TRUE(std::isnan(LargerOrNan(kNaN, 1)));
  EXPECT_TRUE(std::isnan(LargerOrNan(1, kNaN)));
}

TEST(Metrics, ConstantAndFinite) {
  EXPECT_TRUE(IsConstant(Values{2, 2, 2}));
  EXPECT_FALSE(IsConstant(Values{2, 2, std::nextafter(2, 3)}));
  EXPECT_FALSE(IsConstant(Values{kNaN, kNaN}));
  EXPECT_TRUE(IsFinite(std::vector<float>{0, -3e38f, 1e-45f}));
  EXPECT_FALSE(IsFinite(Values{0, kNaN}));
  EXPECT_FALSE(IsFinite(std::span<const double>(Values{-kInfinity, 0})));
}

}  // namespace
}  // namespace convnext
