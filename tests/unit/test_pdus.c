/* Messages that a dissector tells apart, written as talk.h tells: which request each answer gets. */
#include <glib.h>

#include "talk.h"

static const struct talk_play plays[] = {
    { "order/one", "syn >10@1 <5@3", ">10<5 answered exact 2" },
    { "order/burst", "syn >10+11@1 <5+6@3", ">10<5 answered acked 2; >11<6 answered acked 2 d2" },
    { "order/staggered", "syn >10@1 >11@2 <5@3/10 <6@4/21",
      ">10<5 answered exact 2; >11<6 answered acked 2 d2" },
    { "order/one-segment-answers-three", "syn >10+11+12@1 <5+6+7@3",
      ">10<5 answered acked 2; >11<6 answered acked 2 d2; >12<7 answered acked 2 d3" },
    { "order/push-before-and-between", "syn <3@0 >10@1 <5@2 <4@3", "push 3; >10<5 answered exact 1; push 4" },
    { "order/greeting-crosses", "syn >10@1 <3@2/0 <5@3", ">10<5 answered acked 2; push 3" },
    { "order/alone", "syn >10a+11@1 <4a+6@3", ">10<0 oneway; >11<6 answered acked 2; push 4" },
    { "order/interim", "syn >10@1 <4i@2 <6@3", ">10<10 answered acked 2 i1" },
    { "order/interim-before-the-whole-request", "syn >10?@1 <4i@2 >20@3#10 <6@5",
      ">30<10 answered exact 2 i1" },

    /* Answers that come before their request is whole. */
    { "order/early-answer", "syn >10@1 <5@2 >11?@3 <6@4 >12@5#11 >9@6 <7@7",
      ">10<5 answered exact 1; >23<6 answered order -1; >9<7 answered exact 1" },
    { "order/early-answer-never-whole", "syn >10@1 <5@2 >11?@3 <6@4 <F",
      ">10<5 answered exact 1; >11<6 answered lost 1" },
    { "order/early-answer-never-whole-behind-another", "syn >10+11?@1 <5@2 <6@4 <F",
      ">10<5 answered acked 1; >11<6 answered lost 3" },
    { "order/early-interim-never-whole", "syn >10?@1 <4i@2 >11?@3 <6@4 <F", ">21<10 answered lost 1 i1" },
    { "order/interim-alone", "syn >10?@1 <4i@2 >11?@3 <F", ">10<0 unanswered i1" },
    { "order/interim-long-before", "syn >10?@1 <4i@2 tick@4000 >12@5000#10 <6@5001 >9@5002 <7@5003",
      ">22<10 answered exact 1 i1; >9<7 answered exact 1" },
    { "order/early-answer-long-before",
      "syn >10?@1 <5@2 tick@4000 >12@5000#10 >9@5001 <6@5002 >8@5003 <7@5004",
      ">22<5 answered order -4998; >9<6 answered exact 1; >8<7 answered exact 1" },
    { "order/early-answer-all-asked", "syn >10?@1 <5@2 tick@4000 >0?@5000 >10@5001^0 >9@5002 <6@5003",
      ">10<5 answered exact 1 c1; >9<6 answered exact 1" },
    { "order/early-answer-then-not-whole",
      "syn >10?@1 <5@2 tick@4000 >12?@5000 >9@5001 <6@5002 >8@5003 <7@5004",
      ">10<5 answered lost 1; >9<6 answered lost 1; >8<7 answered exact 1" },
    { "order/early-answers-of-several", "syn >10?@1 <5@2 >11?@3 <6@4 tick@8000 >9@8001 <7@8002",
      ">10<5 answered lost 1; >11<6 answered lost 1; >9<7 answered exact 1" },
    { "order/begun-and-asked-meanwhile", "syn >10?@1 <5@2/10 >9?@3 tick@4000 >11@5000 <6@5001 <7@5002",
      ">10<5 answered lost 1; >11<7 answered lost 2; >9<6 answered lost 4998" },
    { "order/early-answer-long-before-decrypted",
      "syn >10?@1 <5@2 tick@4000 >12u17@5000#10 >9u6@5001 <6@5002",
      ">17<5 answered order -4998; >6<6 answered exact 1" },
    { "order/outside-is-not-waited-for", "syn >8@1 <1?@2 >50t@3 <90t@4 >20t@5 >10u8@6 <7u4@8 >9u5@9 <6u4@10",
      ">8<91 answered lost 1; >8<4 answered lost 2 d2; >5<4 answered exact 1" },
    { "order/outside-crosses",
      "syn >50t@1 <90t@2 >10?@3 <30t@4/50 <30t@5/50 >10u15@6#10 <7u4@7 >9u5@8 <6?@9 >9u5@10 <6u4@11 >8u5@12 "
      "<6u4@13",
      ">50<150 answered exact 1; >15<4 answered exact 1; >5<6 answered lost 1; >5<4 answered lost 1; >5<4 "
      "answered exact 1" },
    { "order/answer-told-after-a-guess", "syn >10@1 <5?@2 >9@3 <6@4#5 <7@5 >8@6 <4@7",
      ">10<11 answered exact 1; >9<7 answered acked 2; >8<4 answered exact 1" },
    { "order/answer-told-after-a-guess-and-asked-again",
      "syn >10@1 <5?@2 >9@3 >8@4 <6@5#5 <7@6 <4@7 >8@8 <3@9",
      ">10<11 answered exact 1; >9<7 answered acked 3; >8<4 answered acked 3 d2; >8<3 answered exact 1" },
    { "order/answer-told-after-two-guesses", "syn >10@1 <5?@2 >9@3 <6?@4 >8@5 <7@6#11 <4@7 <3@8 >12@9 <13@10",
      ">10<5 answered lost 1; >9<6 answered lost 1; >8<14 answered lost 1; >12<13 answered exact 1" },
    { "order/out-of-step", "syn >10@1 <13@3 >9@4 <6?@5 <7?@6 >8@7 <6n@8#7 <7?@9 >7@10 <2@11",
      ">10<13 answered exact 2; >9<13 answered lost 1; >8<13 answered lost 1; >7<2 answered lost 1" },
    { "order/out-of-step-after-a-guess", "syn >10@1 <5?@2 <8?@3 >9@4 <6n@5#8 <7?@6 >8@7 <3@8 >7@9 <2@10",
      ">10<13 answered lost 1; >9<13 answered lost 1; >8<3 answered lost 1; >7<2 answered exact 1" },
    { "order/out-of-step-from-the-start", "<7?@2 >9@4 <6n@5#7 <7?@6 >8@7 <6n@8#7 <7?@9 >7@10 <2@11",
      ">0<7 unasked order; >9<13 answered lost 1; >8<13 answered lost 1; >7<2 answered lost 1" },
    { "order/part-that-may-answer", "<9n@1 >10+11+12@2 <7?@3/0 <8n@4#7 <6@5 >9@6 <4@7",
      ">10<0 answered lost; >11<0 answered lost d2; >12<6 answered lost 3 d3; >9<4 answered exact 1" },
    { "order/end-first-and-asked-again",
      "syn >10@1 <12@2 >9@3 <6k@4 >8@5 <4n@6^25/19 <7?@7^18/19 <5@8 >7@9 <3@10",
      ">10<12 answered exact 1; >9<13 answered lost 1; >8<5 answered lost 3 d2; >7<3 answered exact 1" },
    { "order/end-lost", "syn >10@1 <12@2 >9@3 <6?@4 <4?@5! >8@6 <5?@7! >7@8 <3@9 >6@10 <2@11",
      ">10<12 answered exact 1; >9<6 answered lost 1; >8<0 answered lost; >7<3 answered lost 1 d2; >6<2 "
      "answered exact 1" },
    { "order/open-answer-not-understood", "syn >10@1 <12o@2 <6?@3 >9@4 <5o@5 >8@6 <3o@7",
      ">10<18 answered exact 1; >9<5 answered exact 1; >8<3 answered exact 1" },
    { "order/open-answer-end-lost", "syn >10@1 <12o@2 <6?@3 <4?@3! >9@4 <5o@5 >8@6 <3o@7",
      ">10<18 answered exact 1; >9<5 answered exact 1; >8<3 answered exact 1" },
    { "order/late-and-in-no-message", "syn <0?@1/13 >1n@2^0/0", ">1<0 open" },
    { "order/broken-off", "syn >10@1 <5@2 >11k@3 >12k@4 >F <F", ">10<5 answered exact 1; >23<0 unanswered" },
    { "order/broken-off-server-first", "syn >10@1 <5@2 >11k@3 <F >12k@4 >F",
      ">10<5 answered exact 1; >23<0 unanswered" },
    { "order/broken-off-at-the-end", "syn >10@1 <5@2 >11k@3 >12k@4", ">10<5 answered exact 1; >23<0 open" },
    { "order/broken-off-or-answered", "syn >10+11k@1 <5@2", ">10<5 answered acked 1" },
    { "order/broken-off-and-answered", "syn >10@1 <5@2 >11k@3 <6@4 >12k@5 <F",
      ">10<5 answered exact 1; >11<6 answered lost 1" },
    { "order/broken-off-alone", "syn >10@1 <5@2 >4a@3 >3k@4 <F", ">10<5 answered exact 1; >4<0 oneway" },
    { "order/broken-off-going-on", "syn >10@1 <5@2 >11m@3 >12k@4 <F",
      ">10<5 answered exact 1; >11<0 unanswered" },
    { "order/whole-after-all", "syn >10@1 <5@2 >11k@3 >12+8k@4#11 <6@5 >9@6#8 <7@7",
      ">10<5 answered exact 1; >23<6 answered acked 1; >17<7 answered exact 1" },
    { "order/not-understood-at-last", "syn >10@1 <5@2 >11?@3 <F", ">10<5 answered exact 1" },
    { "order/broken-off-decrypted", "syn >10u8@1 <5u3@2 >11k@3 <F", ">8<3 answered exact 1" },
    { "order/decrypted-and-not", "syn >10u8@1 <5u3@5 >10u8@10 <30t@15 <30t@16 <7u4@60 >8t+9u7@70 <4u3@72",
      ">8<3 answered exact 4; >8<4 answered acked 50; >7<3 answered exact 2" },
    { "order/decrypted-and-not-within-an-answer",
      "syn >10u8@1 <5u3@5 >10u8@10 <6?@15 <30t@16 <12u10@60#36 >9u7@70 <4u3@72",
      ">8<3 answered exact 4; >8<10 answered exact 5; >7<3 answered exact 2" },
    { "order/decrypted-behind-a-handshake", "syn >50t@1 <90t@2 >10t@3 >9u5@4 <30t@5 <7u4@6 >9u5@7 <7u4@8",
      ">50<90 answered exact 1; >5<4 answered acked 2; >5<4 answered exact 1" },
    { "order/decrypted-behind-a-handshake-in-one", "syn >50t@1 <90t@2 >10t+9u5@4 <7u4@6",
      ">50<90 answered exact 1; >5<4 answered exact 2" },
    { "order/decrypted-behind-what-was-not-understood", "syn >50t@1 <90t@2 >10?@3 >9u5@4 <7u4@6",
      ">50<90 answered exact 1; >5<4 answered lost 2" },
    { "order/decrypted-behind-an-answer-not-understood", "syn >10u8@1 <5u3@2 >10u8@3 <6?@4 >10u8@5 <7u4@6",
      ">8<3 answered exact 1; >8<6 answered lost 1; >8<4 answered lost 1" },
    { "order/greeted-before-the-rule", "syn <20d@1 >30@2 <10n@3 >5@10 <5@11",
      "push 20; >30<10 answered exact 1; >5<5 answered exact 1" },
    { "order/greeted-in-two-before-the-rule", "syn <10?@1 <10d@1.2#10 >30@2 <10n@3 >5@10 <5@11",
      "push 20; >30<10 answered exact 1; >5<5 answered exact 1" },
    { "order/greeted-quietly-before-the-rule", "syn <20d@1 tick@6000 >30@6002 <10n@6003 >5@6010 <5@6011",
      "push 20; >30<10 answered exact 1; >5<5 answered exact 1" },
    { "order/greeted-and-more-before-the-rule", "syn <20d@1 <7?@1.1 >30@2 <10n@3 >5@10 <5@11",
      "push 27; >30<0 answered lost; >5<5 answered exact 1" },
    { "order/greeted-within-the-capture", "<20d@1 >30@2 <10n@3 >5@10 <5@11",
      ">0<20 unasked order; >30<0 answered lost; >5<5 answered exact 1" },
    { "order/agreed-before-the-rule", "syn >8d@1 <1d@2 >20@3 <30@4 >21@5 <31@6",
      ">8<1 answered exact 1; >20<30 answered exact 1; >21<31 answered exact 1" },
    { "order/agreed-and-no-rule", "syn >8d@1 <1d@2 >20?@3 <30?@4 >21?@5 <31?@6",
      ">8<1 answered exact 1; >20<30 answered exact 1; >21<31 answered exact 1" },
    { "order/agreed-as-copies-came", "syn >8d@1 >8d@1.5^0 <1d@2 <1d@2.5^0 >20@3 <30@4",
      ">8<1 answered exact 1 h0.5 c2; >20<30 answered exact 1" },
    { "order/agreed-in-one-segment-with-more", "syn >8d+20?@1 <1d+10?@2 >21?@5 <31?@6",
      ">28<11 answered exact 1; >21<31 answered exact 1" },
    { "order/agreed-without-saying", "syn >8d@1 <5@2 >20@3 <30@4 >21@5 <31@6",
      ">8<5 answered exact 1; >20<30 answered exact 1; >21<31 answered exact 1" },
    { "order/agreed-the-second-time", "syn >8d@1 <5@2 >9d@3 <6@4 >20@5 <30@6",
      ">8<5 answered exact 1; >9<6 answered exact 1; >20<30 answered exact 1" },
    { "order/agreed-in-many-words", "syn >8d@1 <5@2 <6@3 <7@4 >20@5 <30@6",
      ">8<18 answered exact 1; >20<30 answered exact 1" },
    { "order/agreed-and-asked-before-that", "syn >8d@1 >20@2 <5@3 <30@4 >21@5 <31@6",
      ">28<35 answered exact 1; >21<31 answered exact 1" },
    { "order/agreed-as-the-question-is-lost", "syn >8d@1! <5@2 >20@3 <30@4",
      ">0<5 unasked lost; >20<30 answered exact 1" },
    { "order/agreed-as-the-answer-is-lost", "syn >8d@1 <5@2! >20@3 <30@4",
      ">8<0 answered acked; >20<30 answered exact 1" },
    { "order/agreed-and-greeted", "syn <20d@0 >8d@1 <5@2 <6@3/8 >20@4 <30@5",
      ">8<11 answered exact 1; push 20; >20<30 answered exact 1" },
    { "order/copies-before-it-is-told", "syn >10@1 <3?@2 <4?@3 <4?@4^3 <5@5#7",
      ">10<12 answered exact 1 c1" },
    { "order/copies-behind-what-is-told", "syn >10@1 <5@2 <5@3^0 >11@4 <6@5 <6@6^5",
      ">10<5 answered exact 1 c1; >11<6 answered exact 1 c1" },
    { "order/blank-before-a-request", "syn >10@1 <5@2 >2b+11@3 <6@4 >12@5 <7@6",
      ">10<5 answered exact 1; >11<6 answered exact 1; >12<7 answered exact 1" },
    { "order/blank-first-of-all", "syn >2b+10@1 <5@2 >11@3 <6@4",
      ">10<5 answered exact 1; >11<6 answered exact 1" },
    { "order/blank-by-itself", "syn >10@1 <5@2 >2b@3 >11@40 <6@41 >2b@42 >12@80 <7@81",
      ">10<5 answered exact 1; >11<6 answered exact 1; >12<7 answered exact 1" },
    { "order/blank-before-the-answer", "syn >10@1 >2b@2 <5@3 >11@4 <6@5",
      ">12<5 answered exact 1; >11<6 answered exact 1" },
    { "order/blank-and-what-nobody-knows", "syn >10@1 <5@2 >2b+11@3 <6@4 >9?@5 <7@6 >12@7 <8@8",
      ">10<5 answered exact 1; >11<6 answered exact 1; >12<8 answered lost 1; >9<7 answered lost 1" },
    { "order/early-answer-before-the-rule", "syn >10?@1 <3?@2 <5@3 >12@4#10 >9@5 <6@6 >8@7 <7@8",
      ">10<3 answered exact 1; push 5; >12<0 answered lost; >9<6 answered lost 1 d2; >8<7 answered lost 1 "
      "d3" },
    { "order/long-answer", "syn >10+10@1 <5m+6nm+7n+8@3",
      ">10<18 answered acked 2; >10<8 answered acked 2 d2" },
    { "order/alone-within-an-answer", "syn >10@1 <5m@2 >4a@3 <6@4", ">10<11 answered exact 1; >4<0 oneway" },
    { "order/asked-within-an-answer", "syn >10@1 <5m@2 >11@3 <6@4 <7@5",
      ">10<11 answered exact 1; >11<7 answered acked 2" },
    { "order/answer-captured-first", "syn <5@1/10 >10@2", ">10<5 answered acked -1" },
    { "order/answer-captured-first-of-two-parts", "syn <5@1/21 >10m+11@2/0 >9@3 <6@4",
      ">21<5 answered exact -1; >9<6 answered exact 1" },
    { "order/asked-after-the-servers-fin", "syn >10@1 <5@2 <F >11@4",
      ">10<5 answered exact 1; >11<0 unanswered" },
    { "order/broken-off-after-the-servers-fin", "syn >10@1 <5@2 <F >11k@4",
      ">10<5 answered exact 1; >11<0 unanswered" },
    { "order/answered-within-the-request", "syn >10m@1 <5m@2 >11@3 <6n@4", ">21<11 answered order -1" },
    { "order/hole-in-an-answer", "syn >10@1 <5m@2 <6nm@3! <7n@4 >9@5/18 <8@6",
      ">10<12 answered exact 1; >9<8 answered exact 1" },
    { "order/hole-in-an-answer-acknowledged", "syn >10@1 <5m@2 <6nm@3! <7n@4 >0?@5 >9@50 <8@51",
      ">10<12 answered exact 1; >9<8 answered exact 1" },
    { "order/hole-in-an-answer-and-its-end", "syn >10@1 <5m@2 <6n@3! >9@5 <8@6",
      ">10<5 answered exact 1; >9<8 answered exact 1" },
    { "order/hole-in-an-answer-at-last", "syn >10@1 <5m@2 <6nm@3! <7nm@4 <F", ">10<12 answered exact 1" },
    { "order/hole-in-an-answer-and-in-silence", "syn >10@1 <5m@2 <6nm@3! <7n@4 tick@9000 >9@9001 <8@9002",
      ">10<12 answered exact 1; >9<8 answered exact 1" },
    { "order/hole-in-an-answer-of-several", "syn >10+11@1 <5m@2 <6n@3! <7@4 >9@5 <8@6",
      ">10<5 answered acked 1 <torn; >11<7 answered lost 3 d2; >9<8 answered exact 1" },
    { "order/hole-in-an-answer-then-asked-on", "syn >10@1 <5m@2 <6nm@3! <7nm@4 >9@5/5 <8n@6 <4@7",
      ">10<5 answered exact 1 <torn; >9<4 answered lost 2" },
    { "order/refused-in-several-segments", "syn >10?@1 <5?@2 <6?@3 <4@4#11 >9@5 <7@6",
      ">10<15 answered exact 1; >9<7 answered exact 1" },
    { "order/refused-while-it-asks", "syn >10?@1 <5?@2 >20?@3 <6@4#5 >9@5 <7@6",
      ">10<11 answered exact 1; >9<7 answered exact 1" },
    { "order/answer-in-several-segments", "syn >10@1 <5?@2 <6@3#5", ">10<11 answered exact 1" },
    { "order/taken-for-longer-than-it-is", "syn >10+10@1 <9@3 <6@4#3",
      ">10<6 answered acked 2; >10<9 answered acked 2 d2" },

    /* Answers that were not understood, or not captured. */
    { "order/not-understood", "syn >10@1 <5?@2 >11@3 <6@4", ">10<5 answered lost 1; >11<6 answered lost 1" },
    { "order/not-understood-time-and-again", "syn >10@1 <5?@2 >11@3 <6?@4 >12@5 <7?@6 >13@7 <8@8 >14@9 <9@10",
      ">10<5 answered lost 1; >11<6 answered lost 1; >12<7 answered lost 1; >13<8 answered lost 1; >14<9 "
      "answered exact 1" },
    { "order/not-understood-in-part", "syn >10@1 <5?@2 >11@3 <6@4 <7@5 >12@6 <8@7 >13@8 <9@9",
      ">10<5 answered lost 1; >11<13 answered lost 1; >12<8 answered exact 1; >13<9 answered exact 1" },
    { "order/not-understood-and-not-over",
      "syn >10@1 <5?@2 >11@3 <3?@4/10 <4@5#3 >12@6 <8@7 >13@8 <9@9 <7@10",
      ">10<5 answered lost 1; >11<8 answered lost 4; >0<7 unasked lost; >12<9 answered lost 3 d2; >13<7 "
      "answered lost 2 d3" },
    { "order/not-understood-of-two", "syn >10@1 >11@2 <5?@3 >12@4 <6@5 <7@6",
      ">10<5 answered lost 2; >11<6 answered lost 3 d2; >12<7 answered lost 2 d3" },
    { "order/not-understood-burst", "syn >10+11@1 <5?@2 <6@3 >12@4 <7@5",
      ">10<5 answered lost 1; >11<6 answered lost 2 d2; >12<7 answered exact 1" },
    { "order/lost-burst", "syn >10+11@1 <5@2! <6@3 >12@4 <7@5",
      ">10<0 answered lost; >11<6 answered lost 2 d2; >12<7 answered exact 1" },
    { "order/lost-one-of-three", "syn >10+11+12@1 <4@2 <5@2! <6@3 >13@4 <7@5",
      ">10<4 answered acked 1; >11<0 answered lost d2; >12<6 answered lost 2 d3; >13<7 answered exact 1" },
    { "order/lost-two", "syn >10+11+12@1 <4@2! <5@2! <6@3 >13@4 <7@5",
      ">10<0 answered lost; >11<0 answered lost d2; >12<6 answered lost 2 d3; >13<7 answered exact 1" },
    { "order/lost-in-turn", "syn >10@1 <5@2! >11@3 <6@4", ">10<0 answered lost; >11<6 answered lost 1 d2" },
    { "order/late-not-lost", "syn >10+11@1 <5@2! <6@3 <5@4^0",
      ">10<5 answered acked 3 h1; >11<6 answered acked 2 d2" },

    /* Requests that were. */
    { "order/request-lost", "syn >10@1! <5@2 >11@3 <6@4", ">0<5 unasked lost; >11<6 answered exact 1" },
    { "order/request-not-understood", "syn >9@1 <4@2 >10?@3 <5@4 >11@5 <6@6",
      ">9<4 answered exact 1; >10<5 answered lost 1; >11<6 answered exact 1" },
    { "order/request-lost-in-burst", "syn >10@1! >11@1 <5@2 <6@3 >12@4 <7@5",
      ">11<6 answered lost 2; >0<5 unasked lost; >12<7 answered exact 1" },
    { "order/rolling-lost", "syn >10@1 >11@2 <5@3/21 >12@4 <6@5! >13@6/11 <7@7/46 >14@8/18 <8@9/60 >15@10/26",
      ">10<5 answered acked 2; >11<0 answered lost d2; >12<0 answered lost d2; >13<7 answered lost 1 d3; "
      ">14<8 answered lost 1 d4; >15<0 open d5" },
    { "order/first-part-comes-last",
      "syn >10@1 <5@2 >15?@3^25 >15k@4^10 <6@5 >30n@6#15 >14?@7 <7@8 >8@9 <4@10",
      ">10<5 answered exact 1; >30<6 answered lost 1; >44<7 answered lost 1; >8<4 answered exact 1" },
    { "order/first-part-comes-last-in-parts",
      "syn >10@1 <5@2 >15?@3^25 >15k@4^10 <6@5 >30n@6#15 >30n@7 <7@8 >8@9 <4@10",
      ">10<5 answered exact 1; >30<6 answered lost 1; >60<7 answered lost 1; >8<4 answered exact 1" },
    { "order/part-at-rest", "syn >10@1 <5@2 >20n@3 <6@4 >11@5 <7@6",
      ">10<5 answered exact 1; >20<6 answered lost 1; >11<7 answered exact 1" },
    { "order/part-at-rest-not-captured", "syn >10@1 <5@2 >20@3! >8n@4 <6@5 >11@6 <7@7",
      ">10<5 answered exact 1; >8<6 answered lost 1; >11<7 answered exact 1" },
    { "order/parts-after-an-early-answer", "syn >10@1 <5@2 >20?@3 <6@4 >30n@5 >30n@6 >9@7 <7@8",
      ">10<5 answered exact 1; >20<6 answered lost 1; >9<7 answered lost 1" },
    { "order/parts-at-rest-never-answered", "syn >10@1 <5@2 >20n@3 >20n@5 >9@7 <7@8",
      ">10<5 answered exact 1; >9<7 answered lost 1" },
    { "order/behind-untold-bytes-of-its-own", "syn >10@1 <5@2 >20?@3 >22@4 <6@5 >30?@6 <7@7 >9?@8 <4@9",
      ">10<5 answered exact 1; >22<6 answered lost 1; >30<7 answered lost 1; >9<4 answered lost 1" },
    { "order/parts-that-came-late",
      "syn >10@1 <5@2 >10?@3^20 >10?@4^40 >20n@5^10#0 >8n@6^30#0 <6@7/50 >9@8^50 <7@9",
      ">10<5 answered exact 1; >38<6 answered lost 1; >9<7 answered exact 1" },
    { "order/blank-behind-parts", "syn >10@1 <5@2 >20n@3 >2b@4 >5n@5 <6@6 >2b@7 >9@8 <7@9",
      ">10<5 answered exact 1; >27<6 answered lost 1; >9<7 answered lost 1" },
    { "order/part-without-begin", "syn >10@1! >20n@2/0 <5@3 >11@4 <6@5",
      ">0<5 unasked lost; >11<6 answered exact 1" },
    { "order/answer-of-many-holes", "syn >10@1 <9?@2 <6n@3^12 <6n@4^24 <3?@5^9 <6?@6^18 >11@9 <7@10",
      ">10<12 answered lost 1 <torn; >11<7 answered exact 1" },
    { "order/answers-awaited-as-the-place-is-lost",
      "syn >10@1 <9?@2 >11@9 <7k@10 >12@19 <8k@20 >13@29 <9k@30 >14@39",
      ">10<9 answered lost 1; >11<7 answered lost 1; >12<8 answered lost 1; >13<9 answered lost 1; >14<0 "
      "open" },
    { "order/answer-without-begin", "syn >10@1 <5@2! <6n@3 >11@4 <7@5",
      ">10<0 answered lost <torn; >11<7 answered exact 1" },
    { "order/asked-out-of-order", "syn >11@1^10 >10@2^0 <5@3/21 <6@4/21 >12@5 <7@6",
      ">11<6 answered lost 3; >10<5 answered lost 1 d2; >12<7 answered exact 1" },
    { "order/sent-again", "syn >10@1 >10@5^0 <5@9", ">10<5 answered exact 8 h4 c1" },
    { "order/part-sent-again", "syn >10?@1 >10?@4^0 >20@5^10#10 <5@9", ">30<5 answered exact 4 c1" },
    { "order/came-late", "syn >10+11@1 <6@4^5/21 <5@8^0/21",
      ">10<5 answered acked 7 h4; >11<6 answered acked 3 d2" },
    { "order/stalled", "syn >10@1z <0?@2 >0?@6 <5@7", ">10<5 answered exact 6 h5" },
    { "order/answer-not-understood-to-untold", "syn >10?@1 <5n@2 <F", ">10<5 answered lost 1" },
    { "order/middle", ">10@1 <5@2 >11@3 <6@4", ">10<5 answered lost 1; >11<6 answered exact 1" },
    { "order/beyond-its-answer", "syn >10@1 <5@2 >20n@3 <6n@4 >11@5 <7@6",
      ">10<5 answered exact 1; >11<7 answered exact 1" },
    { "order/said-before-its-answer", "syn >10@1 >20n@2 <5@3", ">30<5 answered exact 1" },
    { "order/untold-answer", "syn >10@1 <5?@2 <6?@3 <F", ">10<11 answered lost 1" },
    { "order/untold-answers", "syn >10@1 >11@2 <5?@3 <6?@4 <F",
      ">10<0 answered lost; >11<0 answered lost d2" },
    { "order/asks-while-answered", "syn >10@1 <5k@2 >11@3 <6@4#5/10 <7@5/21 <F",
      ">10<11 answered exact 1; >11<7 answered acked 2 d2" },
    { "order/asks-while-answered-out-of-order", "syn >10@1 <5k@2^5 <5k@2.5^0 >11@3 <7@5/21 <F",
      ">10<10 answered lost 1; >11<7 answered lost 2" },
    { "order/asks-behind-a-hole", "syn >10@1 <5@2! <6k@3 >11@4/11 <7@5/21 <F",
      ">10<6 answered lost 2; >11<7 answered lost 1" },
    { "order/untold-before", "syn >10@1 <5@2 <6?@3 >11@4 <F", ">10<5 answered exact 1; >11<0 unanswered" },
    { "order/untold-for-long", "syn >10@1 <5?@2 tick@70000 <6@80000#5", ">10<11 answered exact 1" },
    { "order/unanswered-among-others", "syn >10@1 tick@50000 >11@50001 tick@70000",
      ">10<0 unanswered; >11<0 open d2" },
    { "order/unanswered", "syn >10@1 >11@2 <5@3/10 <F", ">10<5 answered exact 2; >11<0 unanswered d2" },
    { "order/late-answer", "syn >10@1 tick@70000 <5@80000", ">10<5 answered exact 79999" },

    /* Messages that announce how many parts follow. */
    { "count/answer", "syn >10+11@1 <30*2@2 <10@3 <8@4 <6@5",
      ">10<48 answered acked 1; >11<6 answered acked 4 d2" },
    { "count/announced-by-a-part", "syn >10+11@1 <30*2@2 <10*1@3 <8+9+6@4",
      ">10<57 answered acked 1; >11<6 answered acked 3 d2" },
    { "count/request", "syn >10*2@1 >5n@2 >6n+11@3 <5@4 <7@5",
      ">21<5 answered acked 1; >11<7 answered acked 2 d2" },
    { "count/request-of-requests", "syn >10*1@1 >5+11@2 <5@4 <7@5",
      ">15<5 answered acked 2; >11<7 answered acked 3 d2" },
    { "count/asked-within", "syn >10@1 <5*1@2 >11@3 <6@4 <7@5",
      ">10<11 answered exact 1; >11<7 answered acked 2" },
    { "count/push-within", "syn >10@1 <5*1@2 <4a@3 <6@4 >11@5 <7@6",
      ">10<11 answered exact 1; push 4; >11<7 answered exact 1" },
    { "count/push", "syn <5*1@0 <6@1 >10@2 <7@3", "push 11; >10<7 answered exact 1" },
    { "count/out-of-order", "syn >10+11@1 <30*2@2 <10@3! <8+6@4 <10@5^30",
      ">10<48 answered acked 1; >11<6 answered acked 3 d2" },
    { "count/part-lost", "syn >10+11@1 <30*2@2 <10@3! <8+6@4 >12@5 <7@6",
      ">10<30 answered acked 1 <torn; >11<6 answered lost 3 d2; >0<8 unasked lost; >12<7 answered exact 1" },
    { "count/parts-lost-of-a-client-that-waits", "syn >10@1 <30*9@2 <10@3! <8+6@4 <5@5! <4*2@6 >12@7 <7@8",
      ">10<48 answered exact 1; >12<7 answered exact 1" },
    { "count/parts-lost-and-asked-meanwhile", "syn >10@1 <30*9@2 <10@3! <8@4 >12@5/38 <7@6 >9@7 <6@8",
      ">10<30 answered exact 1 <torn; >12<7 answered lost 1; >9<6 answered lost 1 d2; >0<8 unasked lost" },
    { "count/last-part-lost", "syn >10@1 <30*2@2 <8@3 <6@4! >12@5 <7@6",
      ">10<38 answered exact 1; >12<7 answered exact 1" },
    { "count/asked-part-lost", "syn >10*2@1 >5n@2! >11@3 <5@4 <6@5",
      ">10<5 answered lost 3; >11<6 answered lost 2 d2" },
    { "count/said-amiss", ">10@1 <5*900@2 >11@3 <6@4 >12@5 <7@6 >13@7 <8@8",
      ">10<5 answered lost 1; >11<6 answered lost 1 d2; >12<7 answered exact 1; >13<8 answered exact 1" },
    { "count/asked-amiss", ">10*900@1 <5@2 >11@3 <6@4 >12@5 <7@6",
      ">10<5 answered lost 1; >11<6 answered exact 1; >12<7 answered exact 1" },
    { "count/never-whole", "syn >10@1 <5*9@2 >11@3 <6@4", ">10<11 answered exact 1; >11<0 open" },
    { "order/open-begins-again", "syn >10@1 <5o@2 <6o@3 >11@4 <7o@5",
      ">10<11 answered exact 1; >11<7 answered exact 1" },
    { "order/open-asked-again-never-begins", "syn >10@1 <5o@2 >11@3 <6on@4 >9@5 <7o@6",
      ">10<5 answered exact 1; >11<6 answered exact 1; >9<7 answered exact 1" },
    { "order/open-asked-on-meanwhile", "syn >10@1 <5o@2 >11@3/0 <6on@4/10 <7o@5",
      ">10<11 answered exact 1; >11<7 answered acked 2" },
    { "order/open-begins-again-later", "syn >10@1 <5o@2 tick@4000 <6o@5000 >11@5001 <7o@5002",
      ">10<5 answered exact 1; push 6; >11<7 answered exact 1" },
    { "order/open-begins-before-its-request", "syn >10@1 <5o@2 <7o@3/21 >11@4^10",
      ">10<5 answered exact 1; >11<7 answered acked -1" },
    { "order/content", "syn >10ao@1 >11n@2 >13@4 <5@5 <7ao@6 <8n@7 >9@8 <4@9",
      ">21<0 oneway; >13<5 answered exact 1; push 15; >9<4 answered exact 1" },
    { "order/push-cut-short", "syn <10a@1 <5a@2#3", "push 7; push 8" },
    { "order/push-came-late", "syn >9@1 <10a@2! <5a@3#10 <10?@4^0", ">9<0 open; push 15" },
    { "order/late-in-two", "syn >20@1! >10+5@2#10 >20?@3^0 <5@4 <6@5",
      ">20<5 answered lost 1; >5<6 answered lost 3 d2" },
    { "order/held-overlap", "syn >10@1 <5@2! <8+9@3 <7@4#12", ">10<24 answered lost 2" },
    { "order/parts-behind-a-hole", "syn >10@1 <5@2! <6@3 <7+8@4 >9@5 <4@6",
      ">10<21 answered lost 2; >9<4 answered exact 1" },
    { "order/parts-behind-two-holes", "syn >10@1 <5@2! >9@3 <7@4! <6@5 <8@6 >11@7 <4@8",
      ">10<0 answered lost; >9<14 answered lost 2 d2; >11<4 answered exact 1" },
    { "order/open-parts-behind-a-hole", "syn >10@1 <5@2! <6o@3 <7o@4 >9@5 <4@6",
      ">10<13 answered lost 2; >9<4 answered exact 1" },
    { "order/open-answer-with-a-hole", "syn >10@1 <6o@2 <5@3! <7o@4 <8@5 >9@6 <4@7",
      ">10<21 answered exact 1; >9<4 answered exact 1" },
    { "order/open-answer-with-two-holes", "syn >10@1 <6o@2 <5@3! <7o@4 <3@5! <8o@6 >9@7 <4@8",
      ">10<21 answered exact 1; >9<4 answered exact 1" },
    { "order/open-answers-of-which-the-first-begins-lost",
      "syn >10@1 >9@1 <5@2! <6o@3/10 <7o@4/10 <8@5/19 >11@6 <4@7",
      ">10<7 answered lost 3; >9<8 answered lost 4 d2; >0<6 unasked lost; >11<4 answered exact 1" },
    { "order/open-answer-lost-and-the-next-open", "syn >10@1 <5@2! >9@3 <7@4! <6o@5 <3@6! <8o@7 >11@8 <4@9",
      ">10<0 answered lost; >9<14 answered lost 2 d2; >11<4 answered exact 1" },
    { "order/parts-of-one-of-two", "syn >10@1 >9@1 <5@2! <6@3 <7@4 <8@5 >11@6 <4@7",
      ">10<7 answered lost 3; >9<8 answered lost 4 d2; >0<6 unasked lost; >11<4 answered exact 1" },
    { "order/parts-as-a-request-was-lost", "syn >10@1! >9@2 <5@3! <6@4 <7@5 >11@6 <4@7",
      ">9<7 answered lost 3; >0<6 unasked lost; >11<4 answered exact 1" },
    { "order/parts-of-an-answer-to-a-lost-request",
      "syn >9@1 <4@2 >10@3! <5?@4 <3@5! <7?@6 <6@7 <8@8 >11@9 <5@10",
      ">9<4 answered exact 1; >0<18 unasked lost; >0<8 unasked lost; >11<5 answered exact 1" },
    { "order/parts-of-an-answer-to-the-second-lost",
      "syn >9@1 <4@2 >10@3! <5?@4 >8@5! <7?@6 <6@7 <8@8 >11@9 <5@10",
      ">9<4 answered exact 1; >0<13 unasked lost; >0<8 unasked lost; >11<5 answered exact 1" },
    { "order/awaited-over-a-hole",
      "syn >10@1 <6m@2 <7nm+8k@4^13 <7?@5^6 <9k@6 >11@7 <5k@8 <4k@9 >12@10 <3k@11 >9@12",
      ">10<37 answered exact 1; >11<9 answered lost 1; >12<3 answered lost 1; >9<0 open" },
    { "order/awaited-over-a-copy", "syn >10@1 <6m@2 <7k@3 <5?@4 <8k@5 >11@6 <5k@7 <4k@8 >12@9 <3k@10 >9@11",
      ">10<26 answered exact 1; >11<9 answered lost 1; >12<3 answered lost 1; >9<0 open" },
    { "order/awaited-in-order", "syn >10@1 <6m@2 <7k@3 <5k@4 >11@6 <5k@7 >12@9 <3k@10 >9@11",
      ">10<6 answered exact 1 <torn; >11<0 answered lost; >12<0 answered lost d2; >9<0 open d3" },
    { "order/says-more-within-an-open-answer", "syn >10@1 <5o@2 >9n@3 <6n@4 >8@5 <3o@6",
      ">10<11 answered exact 1; >8<3 answered exact 1" },
    { "order/parts-after-a-push", "syn >10@1 <3a@2/0 <5@3! <6@4 <7@5 >11@6 <4@7",
      ">10<7 answered lost 4; push 3; >0<6 unasked lost; >11<4 answered exact 1" },
    { "order/interim-cut-short", "syn >10@1 <8i@2 <5@3#3", ">10<13 answered acked 1 i1" },
    { "order/turn-came-late", "syn >3?@1 <9?@2! <5?@3 >4@4 <2@5 <9?@6^0",
      ">3<14 answered acked 2; >4<2 answered lost 1" },
    { "order/greeting-crosses-the-first-parts",
      "syn <5?@1/0 >5?@1/0 <5?@2/5 >5?@3/5 >5@4/10#10 >5@5/10 <5a@6/15#10 <4@7/15 <6@8/20",
      ">5<5 answered acked 1; push 5; >10<4 answered acked 3; >5<6 answered acked 3 d2; push 5" },
    { "order/greeting-crossed-before", "syn <5?@1/0 >5?@1/0 <5?@2/5 <5a@3/5#10 >5?@4/10 >5@5/15#10 <4@6/15",
      ">5<5 answered acked 1; push 5; push 5; >10<4 answered exact 1" },
    { "order/interim-answer-lost", "syn >10@1 <4i@2 <6@3! >11@4 <7@5",
      ">10<0 answered lost i1; >11<7 answered lost 1 d2" },
    { "order/several-under-way-at-the-begin", ">10+11+12@1 <5@2 >13@3 <6@4 >14@5 <7@6 <8@7 <9@8 >F <F",
      ">10<5 answered lost 1; >11<6 answered lost 3 d2; >12<7 answered lost 5 d3; >13<8 answered lost 4 d4; "
      ">14<9 answered lost 3 d5" },
    { "order/head-lost-and-one-waits", "syn >10+11@1 <5@2 >12@3/5 <6@4 <3m@5! <4n@6 <4n@7 >F <F",
      ">10<5 answered acked 1; >11<6 answered acked 3 d2; >12<0 answered lost d2 <torn" },
    { "order/head-lost-and-several-wait", "syn >10+11@1 <5@2 >12@3/5 <3m@4! <4n@5 <4?@6 <4n@7 >F <F",
      ">10<5 answered acked 1; >11<0 answered lost d2; >12<0 answered lost d2" },
    { "order/request-behind-its-answer", "syn <0?@1/10 <5@2/10 >10?@3/5 >F <F", ">10<5 answered lost -1" },
    { "order/requests-behind-their-answers",
      "syn <0?@1/10 <5@2/10 >10?@3/5 <0?@4/20 <6@5/20 >10?@6/11 >10@7 <7@8 >F <F",
      ">10<5 answered lost -1; >10<6 answered lost -1; >10<7 answered exact 1" },
    { "order/turn-lacked-its-last-byte",
      "syn >1?@1 >1?@2! <0?@3/2 <3?@4/2 <2@5/2#3 >1@6^1#1 >2@7 <4@8 >2@9 <5@10",
      ">1<5 answered exact 3; >1<0 answered lost; >2<4 answered lost 1 d2; >2<5 answered exact 1" },
    { "order/turn-lacked-its-last-byte-and-untold",
      "syn >1?@1 >1?@2! <0?@3/2 <3?@4/2 <2@5/2#3 >1@6^1#1 >2?@7 <4@8 >2@9 <5@10",
      ">1<5 answered exact 3; >1<0 answered lost; >2<4 answered lost 1; >2<5 answered exact 1" },
    { "order/last-byte-sent-again", "syn >9@1 <4@2 >1?@3 >1?@4! <0?@5/11 >1@6^10#1 <5@7/11 >8@8 <6@9",
      ">9<4 answered exact 1; >2<5 answered exact 1; >8<6 answered exact 1" },
    { "order/turn-probed", "syn >1?@2z <1?@3 <1?@4 >5@5", ">1<2 answered acked 1; >5<0 open" },
    { "order/turn-asked-before", ">5?@1 >1x@2 <5@3", ">5<5 answered lost 2" },
};

/* A client that sends far more than is answered. */
static void bounded(void)
{
    struct talk p = talk_begin();
    talk_shake_hands(&p);
    for (int i = 0; i < 70000; i++)
        talk_segment(&p, ">10@1");
    talk_segment(&p, "<5@2");
    rr_tracker_finish(p.tracker, RR_BY_END);
    const struct rr_connection *c = rr_tracker_connection(p.tracker, 0);
    g_assert_cmpuint(c->exchanges, ==, 70000);
    g_assert_cmpuint(c->bytes[RR_CLIENT], ==, 700000);
    rr_tracker_free(p.tracker);
}

/* Of more requests than are kept some are given up: which answers the others have is not known any more. */
static void too_many_wait(void)
{
    enum { ASKED = 70000 };
    struct talk p = talk_begin();
    talk_shake_hands(&p);
    for (int i = 0; i < ASKED; i++)
        talk_segment(&p, ">10@1");
    for (int i = 0; i < ASKED; i++)
        talk_segment(&p, "<5@2");
    rr_tracker_finish(p.tracker, RR_BY_END);
    for (size_t i = 0; i < rr_tracker_report_count(p.tracker); i++) {
        const struct rr_report r = rr_tracker_report(p.tracker, i);
        const struct rr_exchange *x = r.exchange;
        if (r.rows & RR_ROW_EXCHANGE && rr_has_both(x) && x->evidence != RR_LOST)
            g_assert_cmpint(x->request.begin / 10, ==, x->response.begin / 5);
    }
    rr_tracker_free(p.tracker);
}

/* A message of more segments than are kept apart, that is told when it is whole. */
static void of_many_segments(void)
{
    struct talk p = talk_begin();
    talk_shake_hands(&p);
    talk_segment(&p, ">10@1");
    for (int i = 0; i < 20000; i++) {
        char *segment = g_strdup_printf("<100?@%d", 3 + i);
        talk_segment(&p, segment);
        g_free(segment);
    }
    talk_segment(&p, "<100@30000#2000000");
    talk_segment(&p, ">10@30001");
    talk_segment(&p, "<5@30002");
    char *told = talk_end(&p);
    g_assert_cmpstr(told, ==, ">10<2000100 answered exact 2; >10<5 answered exact 1");
    g_free(told);
    rr_tracker_free(p.tracker);
}

/* Who asks is found out before the first segment's messages are told. */
static void sides(void)
{
    struct talk p = talk_begin();
    talk_segment(&p, "<5@1");
    const struct rr_connection *c = rr_tracker_connection(p.tracker, 0);
    g_assert_cmpuint(c->end[RR_SERVER].port, ==, 80);
    g_assert_cmpint(c->direction_from, ==, RR_FROM_PREFERENCE);
    g_assert_cmphex(c->seed, !=, 0);
    rr_tracker_free(p.tracker);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    talk_add_tests(plays, G_N_ELEMENTS(plays));
    g_test_add_func("/sides", sides);
    g_test_add_func("/bounded", bounded);
    g_test_add_func("/too-many-wait", too_many_wait);
    g_test_add_func("/of-many-segments", of_many_segments);
    return g_test_run();
}
