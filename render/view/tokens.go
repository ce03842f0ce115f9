package view

// Sizes of the visual reference in CSS pixels. Angles and factors that only make sense inside one drawing stay there.
const (
	phoneWidth  = 480 // up to this width the narrow layout holds
	narrowWidth = 700 // below it a client's words stand under those of the first master

	margin     = 24 // outer margin
	stageInset = 32 // inside the stage
	titleTop   = 18 // the line above the stage
	edge       = 8  // words never come closer to the canvas edge

	radius       = 40 // masters, at most three
	radiusMany   = 34 // more masters
	radiusPhone  = 34
	ringOfMany   = 150 // the circle on which more than three masters stand
	fillInset    = 7   // the fill ends this far inside the radius
	ringInset    = 2
	plateOutset  = 4 // the background plate that keeps links off a node
	dartDistance = 10
	focusGap     = 5.5

	strokeRule   = 1
	strokeChip   = 1.5
	strokeShelf  = 2
	strokeLink   = 2
	strokeArc    = 3
	strokeLeader = 4
	casing       = 2 // a line's outline in the light theme is this much wider

	pillWidth, pillHeight           = 128, 40
	pillPadding                     = 10
	pillDense, pillLeast            = 152, 20 // width with an answer inside, least height
	leastNamed                      = 40      // from pill to pill on a phone, so that each has its name
	pillWidthPhone, pillHeightPhone = 104, 34

	bubbleHeight, bubblePadding, bubbleRadius = 26, 10, 8
	chipHeight, chipPadding, chipRadius       = 24, 7, 5
	rowHeight, rowPadding, rowGap, rowRadius  = 22, 10, 7, 4
	tagHeight, tagPadding, tagRadius          = 17, 5, 3
	lineHeight                                = 18
	wordGap                                   = 8
	tagGap                                    = 6
	rowMost                                   = 190 // widest shelf row
	squareSize, squareGap                     = 10, 3

	belowBubble, belowMemory, belowDisk = 52, 88, 114 // tops, from the centre of a bottom node
	aboveMemory, aboveDisk              = -76, -102   // tops, from the centre of a top node
	besideNode                          = 20          // words beside a node start this far from its rim
	stateLine, bubbleLine               = -16, 4      // tops of the words beside a node
	doorLine, doorBottom                = -72, -56    // the pile of a bottom node, from its centre
	outerDoor, outerState               = -60, -80    // tops of the words above an outer node on a phone
	sliverWidth, sliverHeight           = 22, 5       // one unread message
	sliverGap                           = 3
	sliversMost                         = 5

	heartbeatRadius = 8
	heartbeatSmall  = 6
	answerWidth     = 34
	answerHeight    = 18
	laneOffset      = 8 // requests and answers of a client run beside each other
	hitRadius       = 22

	sizeSmall, sizeLabel, sizeBubble, sizePill = 12, 13, 14, 15
	sizeLetter, sizeLetters, sizeLetterPhone   = 22, 20, 19
)
