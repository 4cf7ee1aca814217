#include <gtest/gtest.h>

#include "plugins/reception/tenure.hpp"

namespace webcast {
namespace {

using namespace std::chrono_literals;

TEST(Tenure, WhoBringsNoOfferHoldsThePlaceForSeconds) {
  EXPECT_EQ(longest(Tenure::no_offer, false), 10s);
  EXPECT_EQ(longest(Tenure::not_playing, false), 10s);
}

TEST(Tenure, WhoCarriesDescriptionsByHandTakesTheTimeThatPeopleTake) {
  EXPECT_EQ(longest(Tenure::not_playing, true), 1h);
}

TEST(Tenure, WhereTheReceiverHasDeadlinesThereIsNoSecondOne) {
  for (Tenure tenure : {Tenure::our_offer, Tenure::connecting, Tenure::connected})
    EXPECT_FALSE(longest(tenure, false));
}

TEST(Tenure, WhoIsNotConnectedYieldsToWhoComes) {
  for (Tenure tenure :
       {Tenure::no_offer, Tenure::not_playing, Tenure::our_offer, Tenure::connecting})
    EXPECT_TRUE(yields(tenure, 0ms));
}

TEST(Tenure, WhoIsConnectedYieldsAfterTwoSecondsOfSilence) {
  EXPECT_FALSE(yields(Tenure::connected, 1999ms));
  EXPECT_TRUE(yields(Tenure::connected, 2s));
}

}  // namespace
}  // namespace webcast
