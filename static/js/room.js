// A video call by Vonage's script (window.OT): we send our picture and show everybody else's.
const room = document.getElementById("room")
const trouble = () => { document.getElementById("room-trouble").hidden = false }
const heard = (error) => { if (error) trouble() }
const fill = { insertMode: "append", width: "100%", height: "100%" }

const enter = ({ application, session, token, name }) => {
  const meeting = OT.initSession(application, session)
  meeting.on("streamCreated", ({ stream }) => meeting.subscribe(stream, "room-them", fill, heard))
  const mine = OT.initPublisher("room-me", { ...fill, name }, heard)
  meeting.connect(token, (error) => (error ? trouble() : meeting.publish(mine, heard)))
}

if (window.OT) enter(room.dataset)
else trouble()
