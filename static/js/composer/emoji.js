// A small palette: what people at a desk send, found by a word in English or Korean.
import { insert } from "./caret.js"

const LIST = `😀 smile grin 웃음|😄 happy 기쁨|😊 blush pleased 미소|🙂 slight smile 미소|😉 wink 윙크|😂 joy laugh 웃겨|🤣 rofl 폭소|😅 sweat phew 땀 휴|😍 love eyes 반함|🥰 affection 사랑|😘 kiss 뽀뽀|😎 cool 멋짐|🤔 think hmm 생각|😮 wow oh 놀람|😢 sad cry 슬픔|😭 sob cry 울음 ㅠㅠ|😞 disappointed 실망|😥 sorry relief 미안|😡 angry 화남|🥺 please plead 부탁|🙄 roll eyes|😴 sleep 잠|🤗 hug 포옹|🤝 deal handshake 악수|👍 yes good thumbs up 좋아요|👎 no thumbs down 싫어요|👌 ok 오케이|👏 clap bravo 박수|🙌 hooray 만세|🙏 please thanks pray 감사 부탁|💪 strong 힘내|✌️ victory 브이|👋 hello bye wave 안녕|🙇 bow sorry 죄송 인사|❤️ heart love 하트 사랑|💙 blue heart 파란 하트|💛 yellow heart|✨ sparkles 반짝|🎉 party congratulations 축하|🎁 gift present 선물|🎂 birthday cake 생일|🌸 flower blossom 꽃|☀️ sun 맑음 해|🌧️ rain 비|❄️ snow 눈|🔥 fire hot 불|⭐ star 별|✅ done check 완료 확인|❌ no cross 아니요|⚠️ warning 주의 경고|❗ important 느낌표|❓ question 물음표|ℹ️ info 정보|📦 package parcel 택배 상자|🚚 delivery truck 배송|🛒 cart shopping 장바구니|💳 card payment 카드 결제|💰 money refund 돈 환불|🧾 receipt 영수증|📧 mail email 메일|📞 phone call 전화|📱 mobile 휴대폰|💻 laptop computer 노트북|🖨️ printer|📎 attachment clip 첨부|📷 photo camera 사진|📅 date calendar 날짜 일정|⏰ time alarm 시간|⏳ wait 기다림|🔍 search look 찾기|🔑 key password 열쇠|🔒 lock secure 잠금|🛠️ repair fix 수리|🏠 home house 집|🏢 office company 회사|✈️ plane travel 비행기|🚗 car 자동차|☕ coffee 커피|🍀 luck clover 행운|👀 look eyes 눈 확인`
const items = LIST.split("|").map((line) => {
  const [sign, ...words] = line.split(" ")
  return { sign, title: words.join(" ") }
})

export const emoji = () => items

const fillPalette = (palette) => palette.replaceChildren(...items.map(({ sign, title }) => {
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = sign
  button.title = title.split(" ")[0]
  button.setAttribute("aria-label", title)
  return button
}))

document.addEventListener("toggle", ({ target, newState }) => {
  if (target.id === "emoji" && newState === "open" && !target.childElementCount) fillPalette(target)
}, true)

document.addEventListener("click", ({ target }) => {
  const button = target.closest("#emoji button")
  if (!button) return
  button.closest("#emoji").hidePopover()
  insert(button.closest("form").querySelector("textarea:not([hidden] *)"), button.textContent)
})
