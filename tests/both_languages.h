// A blocking reason says the same in English and in Chinese.
#pragma once

#include <gtest/gtest.h>

#include "convnext/base/base.h"

namespace convnext {

// `translated`: that it is no text of no language, which is the same in both (a command, the words of another program).
inline void ExpectChinese(const std::string& english, const std::string& chinese, bool translated) {
  EXPECT_TRUE(bilingual::HasChinese(chinese) || (!translated && chinese == english)) << english << " / " << chinese;
  EXPECT_EQ(chinese.find("{}"), std::string::npos) << chinese;
  EXPECT_EQ(chinese.find('\n'), std::string::npos) << chinese;
}

inline void ExpectBothLanguages(const BlockingReason& reason) {
  ASSERT_TRUE(reason.chinese) << reason.code;
  ExpectChinese(reason.symptom, reason.chinese->symptom, false);
  ExpectChinese(reason.cause, reason.chinese->cause, true);
  ExpectChinese(reason.advice, reason.chinese->advice, false);
}

}  // namespace convnext
